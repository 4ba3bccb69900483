"""How the description names the two kinds of bearer token."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest
from ninja.security.base import AuthBase


class AgentKey(AuthBase):
    """Declares the agents' bearer key; the door has checked it before Ninja asks."""

    openapi_type: str = "http"
    openapi_scheme: ClassVar[str] = "bearer"

    def __call__(self, request: HttpRequest) -> Any:
        """Whom the door let in."""
        return request.caller  # type: ignore[attr-defined]


class PersonalToken(AgentKey):
    """The same for people."""
