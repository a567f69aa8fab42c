"""Sound, sealed before it is put into Redis: what Redis writes to a disk nobody can listen to.

Nodes and workers share a secret, and with it the key; a nonce is used once.
"""

import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12
PURPOSE = b"sound in redis"


class BrokenSealError(Exception):
    """It was sealed by somebody else, or is about something else."""


def seal(secret: bytes, sound: bytes, about: str) -> bytes:
    """Return sound that only who has the secret can hear, and only as what it is `about`."""
    nonce = os.urandom(NONCE)
    return nonce + _cipher(secret).encrypt(nonce, sound, about.encode())


def unseal(secret: bytes, sealed: bytes, about: str) -> bytes:
    try:
        return _cipher(secret).decrypt(sealed[:NONCE], sealed[NONCE:], about.encode())
    except InvalidTag as exc:
        raise BrokenSealError(about) from exc


@lru_cache
def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=PURPOSE).derive(secret))
