"""Columns as bytes: the distinct values as JSON, the rows' places among them as small numbers, both compressed."""

from __future__ import annotations

import json
import zlib
from typing import Final

import numpy as np

from reviewqueue.engine.columns import Column

_SIZES: Final = (np.uint8, np.uint16, np.uint32)
_LENGTH: Final = 4


def packed(column: Column) -> bytes:
    """A column in a form that ``unpacked`` reads on any machine."""
    values = json.dumps(column.values, ensure_ascii=True, separators=(",", ":")).encode()
    size = next(size for size in _SIZES if len(column.values) <= np.iinfo(size).max + 1)
    codes = column.codes.astype(np.dtype(size).newbyteorder("<")).tobytes()
    head = bytes([np.dtype(size).itemsize]) + len(values).to_bytes(_LENGTH, "little")
    return zlib.compress(head + values + codes, 1)


def unpacked(data: bytes) -> Column:
    """The column that ``packed`` made."""
    plain = zlib.decompress(data)
    size, end = plain[0], 1 + _LENGTH + int.from_bytes(plain[1 : 1 + _LENGTH], "little")
    codes = np.frombuffer(plain, dtype=np.dtype(f"<u{size}"), offset=end)
    return Column(codes.astype(np.int32), json.loads(plain[1 + _LENGTH : end]))
