"""Plain answers in JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse

JSON = "application/json"
_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def of(document: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A document; nobody between the desk and the caller may keep it."""
    return HttpResponse(
        _write(document), status=status, content_type=JSON, headers={"Cache-Control": "no-store", **(headers or {})}
    )


def of_version(document: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """A document that carries its ``version``, with the ETag that names it."""
    return of(document, status=status, headers={"ETag": etag(document["version"])})


def etag(version: int) -> str:
    """The version as an entity tag."""
    return f'"{version}"'


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def instant_or_none(moment: datetime | None) -> str | None:
    """The same for a time that may not be known."""
    return instant(moment) if moment else None
