"""A session ends when its owner's rights change: it carries the epoch in which it was opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.db.models import F
from django.dispatch import receiver

from hitl.accounts.models import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

EPOCH = "epoch"


def revocation(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Sign out a session that was opened before its owner's rights last changed."""

    def answer(request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and request.session.get(EPOCH) != user.epoch:
            logout(request)
        return get_response(request)

    return answer


def revoke(user: User) -> None:
    """End every session of this person; the next request, socket check and token use notice."""
    User.objects.filter(pk=user.pk).update(epoch=F("epoch") + 1)
    user.refresh_from_db(fields=["epoch"])


@receiver(user_logged_in)
def _stamp(sender: Any, request: HttpRequest, user: User, **_signal: Any) -> None:  # noqa: ARG001 - a signal says more than we need
    request.session[EPOCH] = user.epoch
