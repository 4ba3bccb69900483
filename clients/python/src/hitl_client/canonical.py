"""The canonical bytes of a JSON value (RFC 8785) and the digest that a grant is bound to."""

import hashlib
import math
from collections.abc import Mapping
from json.encoder import encode_basestring

LARGEST_INTEGER = 2**53 - 1  # beyond it two JSON parsers may read two different numbers
PLAIN_BELOW = 21  # ECMAScript writes numbers below 1e21 without an exponent
TINY_FROM = -6  # and those from 1e-6 on


class NotCanonicalError(ValueError):
    """The value has no canonical form: not JSON, a number out of range, or text that is not Unicode."""


def canonical(value: object) -> bytes:
    """Give the RFC 8785 form of a JSON value (dict, list, str, int, float, bool, None) as UTF-8.

    Raises NotCanonicalError for NaN, infinity, integers beyond 2^53 - 1, unpaired surrogates,
    keys that are not text, and anything that JSON has no word for.
    """
    try:
        return _written(value).encode()
    except UnicodeEncodeError as fault:
        message = "text holds an unpaired surrogate"
        raise NotCanonicalError(message) from fault
    except RecursionError as fault:
        message = "the value is nested too deeply"
        raise NotCanonicalError(message) from fault


def digest(value: object) -> str:
    """Give `sha256:<64 hex>` over the canonical form of the value; raises like `canonical`."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()


def _written(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_text(key)}:{_written(value[key])}" for key in _ordered(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_written(item) for item in value) + "]"
    return _plain(value)


def _plain(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return _number(value)
    message = f"{type(value).__name__} is not a JSON value"
    raise NotCanonicalError(message)


def _ordered(value: Mapping[object, object]) -> list[str]:
    keys = []
    for key in value:
        if not isinstance(key, str):
            message = f"the key {key!r} is not text"
            raise NotCanonicalError(message)
        keys.append(key)
    return sorted(keys, key=lambda key: key.encode("utf-16-be"))


def _text(value: str) -> str:
    # The standard library escapes exactly what RFC 8785 does: quote, backslash and the controls below U+0020.
    return encode_basestring(value)


def _integer(value: int) -> str:
    if abs(value) > LARGEST_INTEGER:
        message = f"the integer {value} is beyond 2^53 - 1; send it as text"
        raise NotCanonicalError(message)
    return str(int(value))


def _number(value: float) -> str:
    """Write a number as ECMAScript does: the shortest digits that read back to the same double."""
    if not math.isfinite(value):
        message = f"{value} is not a JSON number"
        raise NotCanonicalError(message)
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    digits, point = _shortest(abs(value))
    return sign + _placed(digits, point)


def _shortest(value: float) -> tuple[str, int]:
    """Split into digits d1…dk and n with value = 0.d1…dk x 10^n; repr() already gives the shortest digits."""
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    point = len(whole) - leading + int(exponent or 0)
    return digits.rstrip("0"), point


def _placed(digits: str, point: int) -> str:
    count = len(digits)
    if count <= point <= PLAIN_BELOW:
        return digits + "0" * (point - count)
    if 0 < point <= PLAIN_BELOW:
        return f"{digits[:point]}.{digits[point:]}"
    if TINY_FROM < point <= 0:
        return "0." + "0" * -point + digits
    exponent = f"e{point - 1:+d}"
    return digits[0] + (f".{digits[1:]}" if count > 1 else "") + exponent
