"""Who acts in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from reviewqueue.domain.people import by

if TYPE_CHECKING:
    from django.http import HttpRequest

    from audit.actions import Actor
    from reviewqueue.domain.people import Reviewer


def actor(request: HttpRequest) -> Actor:
    """The administrator as the record names them."""
    return by(cast("Reviewer", request.user))
