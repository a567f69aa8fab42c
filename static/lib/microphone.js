// The microphone, as the hub hears it: 16 kHz, one channel, 16 bit, a quarter of a second at a time.

const RATE = 16_000;
const PIECE = RATE / 4;

// Calls onPiece(Uint8Array) while somebody speaks, and onLevel(0 to 1). Returns stop(), which gives
// the last piece. Rejects where the microphone is not to be had.
export async function listen({ onPiece, onLevel }) {
  const wish = { channelCount: 1, echoCancellation: true, noiseSuppression: true };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: wish });
  const context = new AudioContext();
  await context.resume();
  await context.audioWorklet.addModule(new URL("./microphone-worklet.js", import.meta.url));
  const source = context.createMediaStreamSource(stream);
  const options = { processorOptions: { rate: RATE, piece: PIECE }, numberOfOutputs: 0 };
  const node = new AudioWorkletNode(context, "pieces", options);
  let last = null;
  node.port.onmessage = ({ data }) => {
    if (last) return last(new Uint8Array(data.samples));
    onLevel?.(data.level);
    return onPiece(new Uint8Array(data.samples));
  };
  source.connect(node);
  return async () => {
    const rest = new Promise((resolve) => {
      last = resolve;
    });
    node.port.postMessage("stop");
    const piece = await rest;
    for (const track of stream.getTracks()) track.stop();
    await context.close();
    return piece;
  };
}

// Where a page came over plain http, a browser has no microphone to give.
export const canListen = () => Boolean(navigator.mediaDevices?.getUserMedia && globalThis.AudioWorkletNode);
