"""What an authenticator app does, written down once more: RFC 6238 from the standard library alone."""

import base64
import hashlib
import hmac
import struct
import time

STEP = 30


def code(secret: str, *, at: float | None = None, digits: int = 6) -> str:
    """What the app shows for a secret at a time."""
    counter = int((time.time() if at is None else at) // STEP)
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    start = digest[-1] & 15
    (value,) = struct.unpack(">I", digest[start : start + 4])
    return str((value & 0x7FFFFFFF) % 10**digits).zfill(digits)


def wrong(secret: str) -> str:
    """A code that is none now nor a minute around."""
    valid = {code(secret, at=time.time() + step * STEP) for step in range(-3, 4)}
    return next(
        guess
        for guess in ("000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777")
        if guess not in valid
    )
