// Runs beside the page, sample by sample: brings what the microphone gives to the rate asked for.

class Pieces extends AudioWorkletProcessor {
  constructor({ processorOptions: { rate, piece } }) {
    super();
    this.step = sampleRate / rate; // samples that come for each that is made
    this.samples = new Int16Array(piece);
    this.count = 0;
    this.sum = 0;
    this.share = 0;
    this.loudest = 0;
    this.going = true;
    this.port.onmessage = () => this.stop();
  }

  process([[channel]]) {
    if (this.going) channel?.forEach((value) => this.take(value));
    return this.going;
  }

  // Each sample made is the mean of those that come in its time: what is too high for it is lost.
  take(value) {
    this.sum += value;
    this.share += 1;
    if (this.share < this.step) return;
    const mean = Math.max(-1, Math.min(1, this.sum / this.share));
    this.share -= this.step;
    this.sum = this.share > 0 ? value * this.share : 0;
    this.loudest = Math.max(this.loudest, Math.abs(mean));
    this.samples[this.count++] = mean * 32767;
    if (this.count === this.samples.length) this.give();
  }

  give() {
    const samples = this.samples.slice(0, this.count).buffer;
    this.port.postMessage({ samples, level: this.loudest }, [samples]);
    this.count = this.loudest = 0;
  }

  stop() {
    this.going = false;
    this.give();
  }
}

registerProcessor("pieces", Pieces);
