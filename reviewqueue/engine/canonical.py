"""One reading of every JSON document: strict in, canonical out.

What an agent sends is read so that no two parsers can disagree about it (no duplicate keys, no number that a
double cannot hold, no text that a database cannot keep), and what is digested is the RFC 8785 form of it.
"""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

import rfc8785

MAX_DEPTH = 32
MAX_SAFE_INTEGER = 2**53 - 1
# Python and RFC 8785 write a fraction alike inside this range; below it the exponents differ, above it all is whole.
PLAIN_FRACTIONS = (1e-4, 2.0**53)
# From here on the order of code points and the order of UTF-16 units part ways.
FIRST_SURROGATE = "\ud800"
DIGITS_OF_A_SAFE_INTEGER = 17  # sign included
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class UnreadableError(ValueError):
    """A document that the desk does not take; `says` is a sentence, `pointer` the place (RFC 6901, "" = all of it)."""

    def __init__(self, says: str, pointer: str = "") -> None:
        super().__init__(f"{pointer}: {says}" if pointer else says)
        self.says = says
        self.pointer = pointer


class MalformedJSON(UnreadableError):  # noqa: N818 - named as the wire names it, /problems/malformed-json
    """Not JSON, or JSON that two parsers may read differently. The wire answers 400."""


class UnfitError(UnreadableError):
    """JSON, but with a value that cannot be kept and compared exactly. The wire answers 422."""


class UnfitText(UnfitError):  # noqa: N818 - a pair with UnfitNumber, both caught as UnfitError
    """Text with NUL or an unpaired surrogate."""


class UnfitNumber(UnfitError):  # noqa: N818 - a pair with UnfitText, both caught as UnfitError
    """A number that is NaN, infinite, or an integer that a double cannot hold exactly."""


def loads(raw: bytes) -> Any:
    """Read one JSON document in UTF-8.

    Raises `MalformedJSON` for what is not JSON, duplicate or look-alike keys and more than 32 levels;
    `UnfitText` and `UnfitNumber` name the first place that holds such a value. Negative zero is read as zero.
    """
    try:
        value = _DECODER.decode(raw.decode())
    except UnicodeDecodeError as error:
        raise MalformedJSON(f"byte {error.start} is not UTF-8") from error
    except json.JSONDecodeError as error:
        says = error.msg.removesuffix(" at")
        raise MalformedJSON(f"{says} at line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise MalformedJSON(f"nested deeper than {MAX_DEPTH} levels") from error
    escapes = b"\\u" in raw
    if escapes or not _surely_fit(value):
        _inspect(value, (), escapes)
    return value


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 form. Raises `UnfitNumber` or `UnfitText`; `TypeError` for what JSON has no form for."""
    try:
        return _ENCODER.encode(value if _are_plain((value,)) else _plain(value)).encode()
    except (_UnusualError, TypeError, UnicodeEncodeError, RecursionError):
        return _by_the_book(value)


def digest(value: Any) -> str:
    """Return `sha256:<64 hex>` of the canonical form; errors as `canonical`."""
    return f"sha256:{hashlib.sha256(canonical(value)).hexdigest()}"


def pointer_to(path: Iterable[str | int]) -> str:
    """RFC 6901 pointer of a path of keys and indexes."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedJSON(f"the key {_repeated([key for key, _ in pairs])!r:.80} stands twice in one object")
    if not "".join(found).isascii():
        _refuse_look_alikes(found)
    return found


def _refuse_look_alikes(keys: Iterable[str]) -> None:
    folded = [unicodedata.normalize("NFKC", key) for key in keys]
    if len(set(folded)) != len(folded):
        raise MalformedJSON(f"two keys of one object read {_repeated(folded)!r:.80} once normalised")


def _repeated(keys: list[str]) -> str:
    return next(key for place, key in enumerate(keys) if key in keys[:place])


def _integer(digits: str) -> int:
    # A number of a million digits is not worth converting: it is refused by `_inspect` either way.
    return int(digits) if len(digits) <= DIGITS_OF_A_SAFE_INTEGER else MAX_SAFE_INTEGER + 1


def _fraction(digits: str) -> float:
    return float(digits) + 0.0  # turns negative zero into zero


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_fraction)


def _surely_fit(value: Any) -> bool:
    """A quick look at a document without escapes, level by level; where it doubts, `_inspect` says what is wrong."""
    level = [value]
    for _depth in range(MAX_DEPTH):
        below: list[Any] = []
        for each in level:
            kind = type(each)
            if kind is dict:
                below += each.values()
            elif kind is list:
                below += each
            elif (kind is int and abs(each) > MAX_SAFE_INTEGER) or (kind is float and each - each != 0.0):
                return False
        if not below:
            return True
        level = below
    return False


def _inspect(value: Any, path: tuple[str | int, ...], escapes: bool) -> None:  # noqa: FBT001 - private and hot
    kind = type(value)
    if kind is str:
        if escapes:  # NUL and lone surrogates come only by \u escapes: the parser refuses them raw
            _check_text(value, path)
    elif kind is dict or kind is list:
        _inspect_all(value, path, escapes)
    elif kind is int or kind is float:
        _check_number(value, path)


def _inspect_all(
    container: dict[str, Any] | list[Any],
    path: tuple[str | int, ...],
    escapes: bool,  # noqa: FBT001 - private and hot
) -> None:
    if len(path) >= MAX_DEPTH:
        raise MalformedJSON(f"nested deeper than {MAX_DEPTH} levels")
    if escapes and isinstance(container, dict):
        for key in container:
            _check_text(key, path)
    for step, value in container.items() if isinstance(container, dict) else enumerate(container):
        if escapes or type(value) is not str:
            _inspect(value, (*path, step), escapes)


def _check_text(text: str, path: Iterable[str | int]) -> None:
    if "\0" in text:
        raise UnfitText("text must not hold a NUL character", _printable(path))
    if not text.isascii() and _lone_surrogate(text):
        raise UnfitText("text must not hold an unpaired surrogate", _printable(path))


def _printable(path: Iterable[str | int]) -> str:
    # The pointer goes back to the sender as UTF-8, so a broken key above the fault must not break the answer.
    return pointer_to(path).encode("utf-8", "replace").decode()


def _lone_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _check_number(number: float, path: Iterable[str | int]) -> None:
    if isinstance(number, int):
        if abs(number) > MAX_SAFE_INTEGER:
            raise UnfitNumber("an integer beyond 2^53 - 1 must be sent as a string", _printable(path))
    elif number - number != 0.0:  # NaN and the infinities
        raise UnfitNumber("a number must be finite", _printable(path))


class _UnusualError(Exception):
    """The quick way cannot write this value; the thorough one says whether it can be written at all."""


def _are_plain(values: Iterable[Any]) -> bool:
    """Whether the standard encoder writes all of these as RFC 8785 does; almost all that is sent is so."""
    for value in values:
        kind = type(value)
        if kind not in _ALWAYS_PLAIN and not (kind in _PLAIN_IF and _PLAIN_IF[kind](value)):
            return False
    return True


def _is_plain_object(value: dict[str, Any]) -> bool:
    keys = "".join(value)
    return (keys.isascii() or max(keys) < FIRST_SURROGATE) and _are_plain(value.values())


def _is_plain_integer(value: int) -> bool:
    return abs(value) <= MAX_SAFE_INTEGER


def _is_plain_fraction(value: float) -> bool:
    low, high = PLAIN_FRACTIONS
    return low <= abs(value) < high and not value.is_integer()


_ALWAYS_PLAIN = frozenset({str, bool, type(None)})
_PLAIN_IF: dict[type, Callable[[Any], bool]] = {
    dict: _is_plain_object,
    list: _are_plain,
    tuple: _are_plain,
    int: _is_plain_integer,
    float: _is_plain_fraction,
}


def _plain(value: Any) -> Any:
    """Copy in which the standard encoder writes every value as RFC 8785 does."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        return _plain_integer(value)
    if kind is float:
        return _plain_fraction(value)
    if kind is list or kind is tuple:
        return [_plain(item) for item in value]
    if kind is dict:
        return {_plain_key(key): _plain(item) for key, item in value.items()}
    raise _UnusualError


def _plain_integer(value: int) -> int:
    if abs(value) > MAX_SAFE_INTEGER:
        raise _UnusualError
    return value


def _plain_fraction(value: float) -> float:
    if value.is_integer() and abs(value) <= MAX_SAFE_INTEGER:
        return int(value)
    low, high = PLAIN_FRACTIONS
    if low <= abs(value) < high:
        return value
    raise _UnusualError


def _plain_key(key: Any) -> str:
    if type(key) is str and (key.isascii() or max(key) < FIRST_SURROGATE):
        return key
    raise _UnusualError


def _by_the_book(value: Any) -> bytes:
    try:
        _check_tree(value, ())
    except RecursionError as error:
        raise MalformedJSON("nested too deep to be written") from error
    return rfc8785.dumps(value)


def _check_tree(value: Any, path: tuple[str | int, ...]) -> None:
    if isinstance(value, str):
        _check_unicode(value, path)
    elif value is None or isinstance(value, bool):
        return
    elif isinstance(value, int | float):
        _check_number(value, path)
    elif isinstance(value, dict):
        _check_mapping(value, path)
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            _check_tree(item, (*path, place))
    else:
        raise TypeError(f"{pointer_to(path) or 'the value'} is a {type(value).__name__}, which JSON has no form for")


def _check_mapping(value: dict[Any, Any], path: tuple[str | int, ...]) -> None:
    for key, item in value.items():
        if not isinstance(key, str):
            raise TypeError(f"{pointer_to(path) or 'the value'} has the key {key!r}, which is no text")
        _check_unicode(key, path)
        _check_tree(item, (*path, key))


def _check_unicode(text: str, path: Iterable[str | int]) -> None:
    if _lone_surrogate(text):
        raise UnfitText("text must not hold an unpaired surrogate", _printable(path))
