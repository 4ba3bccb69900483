"""Reading a body: bounded before it is read, plain, and one reading for everybody."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.parser import Parser

from reviewqueue.engine import canonical
from reviewqueue.refusal import Refusal


def read(request: HttpRequest) -> bytes:
    """The body's bytes. Refuses more than 1 MiB, and anything compressed.

    The server below has counted a body that came without a length (``hitl.bridge``).
    """
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in {"", "identity"}:
        raise Refusal("unsupported-encoding", "Send the body without Content-Encoding.")
    if _announced(request) > settings.MAX_BODY_BYTES:
        raise _too_large()
    return request.body


def _announced(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or ""
    return int(length) if length.isdecimal() else 0


def _too_large() -> Refusal:
    says = f"The body is larger than {settings.MAX_BODY_BYTES} bytes; send less text, or only new messages."
    return Refusal("too-large", says)


class StrictParser(Parser):
    """Hands Ninja the document that the door has read."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The parsed body; no reading happens here, because Ninja would turn every fault into one and the same."""
        return request.document  # type: ignore[attr-defined]


def document(raw: bytes) -> Any:
    """The JSON document in ``raw``, ``None`` for an empty body. Raises ``UnreadableError``."""
    return canonical.loads(raw) if raw else None
