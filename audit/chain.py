"""What is hashed, and how: the arithmetic of the ledger, without a database."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import rfc8785

VERSION = 1
GENESIS = "0" * 64
SALT_BYTES = 16
_TOO_LARGE = 2**53  # for a double to hold exactly
_write = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def canonical(value: Mapping[str, Any]) -> str:
    """The RFC 8785 text of `value`; ValueError for what JSON cannot say exactly (NaN, 2**53, lone surrogates)."""
    if _is_plain(value):
        text = _write(value)
        if text.isascii() or _LONE_SURROGATE.search(text) is None:
            return text
    return rfc8785.dumps(dict(value)).decode()


def _is_plain(value: Any) -> bool:
    """Whether the standard encoder writes it as RFC 8785 does, which it does ten times faster."""
    kind: type = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(abs(value) < _TOO_LARGE)
    if kind is list:
        return all(map(_is_plain, value))
    if kind is dict:
        return all(map(_is_plain_key, value)) and all(map(_is_plain, value.values()))
    return False


def _is_plain_key(key: Any) -> bool:
    # The order of code points and that of UTF-16 units, which RFC 8785 sorts by, agree at least within ASCII.
    return type(key) is str and key.isascii()


def instant(at: datetime) -> str:
    """`at` as the ledger writes it: UTC, always six decimals, so that one moment has one spelling."""
    if at.tzinfo is None:
        raise ValueError("a ledger entry needs a time with a time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def commitment(salt: str, body: str) -> str:
    """SHA-256 over salt (hex) and body text: it stays when both are erased, and says nothing about the text."""
    return hashlib.sha256(bytes.fromhex(salt) + body.encode()).hexdigest()


def entry_hash(
    *, subject: str, seq: int, kind: str, at: str, actor_type: str, actor_id: str, commitment: str, prev: str
) -> str:
    """The link of the chain: SHA-256 over the canonical form of everything in an entry that is never erased."""
    sealed = {
        "v": VERSION,
        "subject": subject,
        "seq": seq,
        "kind": kind,
        "at": at,
        "actor": {"type": actor_type, "id": actor_id},
        "commitment": commitment,
        "prev": prev,
    }
    return hashlib.sha256(canonical(sealed).encode()).hexdigest()
