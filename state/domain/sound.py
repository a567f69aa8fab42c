"""Sound as people here send and hear it: 16 bit PCM, one channel, and WAV files of that."""

import struct

from state.domain.errors import Refusal, invalid

RATE = 16_000  # samples a second of what is recorded
SAMPLE = 2  # bytes
SECOND = RATE * SAMPLE  # bytes
PCM = 1  # how a WAV file says that nothing is compressed
RIFF, WAVE = b"RIFF", b"WAVE"


def samples(first: bytes) -> bytes:
    """Return the samples in the first bytes of a recording, without the head that a WAV file has.

    Raises INVALID where it says that it is anything but 16 kHz, one channel, 16 bit PCM.
    """
    if not first.startswith(RIFF):
        return first
    at = 12
    while len(first) >= at + 8:
        name, size = struct.unpack_from("<4sI", first, at)
        at += 8
        if name == b"data":
            return first[at:]
        if name == b"fmt ":
            _require_ours(first[at : at + 16])
        at += size + size % 2
    raise _refused("a WAV file whose head is not in its first part")


def wav(data: bytes, rate: int) -> bytes:
    """Return samples as a WAV file."""
    form = struct.pack("<HHIIHH", PCM, 1, rate, rate * SAMPLE, SAMPLE, SAMPLE * 8)
    head = WAVE + b"fmt " + struct.pack("<I", len(form)) + form
    head += b"data" + struct.pack("<I", len(data))
    return RIFF + struct.pack("<I", len(head) + len(data)) + head + data


def _require_ours(form: bytes) -> None:
    if len(form) < 16:
        raise _refused("a WAV file without a format")
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", form)
    if (kind, channels, rate, bits) != (PCM, 1, RATE, SAMPLE * 8):
        raise _refused(f"a WAV file of {rate} Hz, {channels} channels, {bits} bits")


def _refused(what: str) -> Refusal:
    return invalid("audio", f"is {what}; send 16 kHz, one channel, 16 bit PCM")
