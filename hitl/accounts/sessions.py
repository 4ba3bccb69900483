"""Sessions: each is written down where it is opened, ends when its owner's rights change, and does not last for ever.

How long a session lasts is its expiry date alone, so that pages and sockets agree about it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.dispatch import receiver
from django.utils import timezone

from hitl.accounts import browsers
from hitl.accounts.models import SignIn, User
from reviewqueue.domain import attendance, claims, people
from reviewqueue.queries import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.sessions.backends.base import SessionBase
    from django.http import HttpRequest, HttpResponse

    from audit.actions import Actor

EPOCH = "epoch"
STARTED = "started"
SEEN = "seen"
# Writing down each request would cost more than the request.
_NOTED_EVERY = 60


def revocation(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Sign out a session that was opened before its owner's rights last changed; keep the others open."""

    def answer(request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated:
            if request.session.get(EPOCH) != user.epoch:
                logout(request)
            elif not _by_itself(request):
                _prolong(request, timezone.now())
        return get_response(request)

    return answer


def open_ones(user: User, *, at: datetime) -> QuerySet[SignIn]:
    """The sessions in which a person is signed in now, the last used first."""
    alive = Session.objects.filter(pk=OuterRef("session"), expire_date__gt=at)
    return SignIn.objects.filter(Exists(alive), user=user, epoch=user.epoch)


@transaction.atomic
def end(chosen: QuerySet[SignIn], *, actor: Actor, at: datetime) -> int:
    """End these sessions at once, each on record; returns how many. Who is left without one hands back their cases."""
    ended = list(chosen.select_related("user"))
    for one in ended:
        body = {"address": one.address, "browser": browsers.named(one.browser)}
        people.record(one.user, "user.session_ended", actor=actor, at=at, body=body)
    _forget([one.session for one in ended])
    for user in {one.user for one in ended}:
        _hand_back_unless_here(user, at)
    return len(ended)


def moved(before: str | None, request: HttpRequest) -> None:
    """The session of this request goes on under another key."""
    if before and request.session.session_key:
        SignIn.objects.filter(session=before).update(session=request.session.session_key)


def revoke(user: User) -> None:
    """End every session of this person; the next request, socket check and token use notice."""
    User.objects.filter(pk=user.pk).update(epoch=F("epoch") + 1)
    user.refresh_from_db(fields=["epoch"])
    SignIn.objects.filter(user=user).delete()


def forget_old(*, at: datetime) -> None:
    """Sessions that have ended by themselves."""
    Session.objects.filter(expire_date__lt=at).delete()
    SignIn.objects.exclude(Exists(Session.objects.filter(pk=OuterRef("session")))).delete()


@receiver(user_logged_in)
def _opened(sender: Any, request: HttpRequest, user: User, **_signal: Any) -> None:  # noqa: ARG001 - a signal says more than we need
    session, at = request.session, timezone.now()
    key = session.session_key or _made(session)
    session[EPOCH] = user.epoch
    session[STARTED] = at.timestamp()
    _seen(session, at)
    SignIn.objects.create(
        user=user,
        session=key,
        epoch=user.epoch,
        started_at=at,
        seen_at=at,
        address=browsers.address(request),
        browser=browsers.agent(request),
    )
    attendance.seen(user.pk, at=at)


@receiver(user_logged_out)
def _closed(sender: Any, request: HttpRequest, user: User | None, **_signal: Any) -> None:  # noqa: ARG001 - a signal says more than we need
    if user is None:
        return
    at = clock.now()
    with transaction.atomic():
        SignIn.objects.filter(session=request.session.session_key).delete()
        if request.session.get(EPOCH) == user.epoch:
            people.record(user, "user.left", actor=people.by(user), at=at, body={})
            _hand_back_unless_here(user, at)


def _prolong(request: HttpRequest, at: datetime) -> None:
    """Somebody is here: the time that they may do nothing begins anew."""
    session = request.session
    if at.timestamp() - session.get(SEEN, 0) < min(_NOTED_EVERY, settings.IDLE_SECONDS / 10):
        return
    session.setdefault(STARTED, at.timestamp())
    _seen(session, at)
    SignIn.objects.filter(session=session.session_key).update(seen_at=at, address=browsers.address(request))
    if not _of_presence(request):  # an open case says itself whether anybody is there
        attendance.seen(cast("User", request.user).pk, at=at)


def _seen(session: SessionBase, at: datetime) -> None:
    latest = datetime.fromtimestamp(session[STARTED], UTC) + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    session[SEEN] = at.timestamp()
    session.set_expiry(min(latest, at + timedelta(seconds=settings.IDLE_SECONDS)))


def _made(session: SessionBase) -> str:
    session.create()
    return str(session.session_key)


def _of_presence(request: HttpRequest) -> bool:
    return request.path.endswith("/presence")


def _by_itself(request: HttpRequest) -> bool:
    """An open page looks for news, and says that nobody moves, whether or not somebody is in front of it."""
    if _of_presence(request):
        return request.POST.get("doing") not in {"viewing", "editing"}
    return request.method == "GET" and request.headers.get("HX-Request") == "true"


def _forget(keys: list[str]) -> None:
    Session.objects.filter(pk__in=keys).delete()
    SignIn.objects.filter(session__in=keys).delete()


def _hand_back_unless_here(user: User, at: datetime) -> None:
    """Whoever has left every browser holds no case; a token that was used lately counts as being here."""
    in_use = user.tokens.filter(revoked_at=None, expires_at__gt=at, last_used_at__gt=at - claims.lease())
    if not open_ones(user, at=at).exists() and not in_use.exists():
        claims.hand_back_all(user, at=at, why="signed out")
        attendance.left(user.pk, at=at)
