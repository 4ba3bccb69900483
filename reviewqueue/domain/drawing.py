"""Draws that anybody of the desk can repeat and nobody else can foresee."""

from __future__ import annotations

from django.utils.crypto import salted_hmac


def falls(lot: str, *, of: str, share: int) -> bool:
    """Does it fall on this lot, as on ``share`` percent of them? The same each time; ``of``: what is drawn for.

    Whoever has not the desk's key cannot work it out.
    """
    digest = salted_hmac(f"reviewqueue.{of}", lot, algorithm="sha256").digest()
    return int.from_bytes(digest[:8]) < share * 2**64 // 100
