"""Second factors: who has one, who must have one, and what takes them away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse

from hitl.accounts import journal, sessions
from reviewqueue.domain import claims

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from django.http import HttpRequest

    from audit.actions import Actor
    from hitl.accounts.models import User

STRONG: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# How the record calls them.
MEANS: Final[dict[str, str]] = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery code",
}
# What somebody needs who has to set up a second factor first.
_OPEN: Final = {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "sign_out",
    "preferences",
}


def of(user: User) -> list[Authenticator]:
    """What a person set up, the oldest first."""
    return list(Authenticator.objects.filter(user=user).order_by("created_at", "pk"))


def must_have(user: User) -> bool:
    """Does this person's role need a second factor?"""
    return user.role in settings.MFA_ROLES


def lacking(people: Iterable[User]) -> set[int]:
    """Those who must have a second factor and have none; asks the database only when somebody must."""
    bound = {person.pk for person in people if must_have(person)}
    if not bound:
        return set()
    has = Authenticator.objects.filter(user__in=bound, type__in=STRONG).values_list("user_id", flat=True)
    return bound - set(has)


def may_go(authenticator: Authenticator) -> bool:
    """May this factor be removed? Not the last one of somebody who must have one."""
    others = Authenticator.objects.filter(user=authenticator.user, type__in=STRONG).exclude(pk=authenticator.pk)
    return not must_have(authenticator.user) or others.exists()


@transaction.atomic
def remove_all(user: User, *, actor: Actor, at: datetime) -> int:
    """Take every second factor from somebody who lost theirs, and end their sessions; returns how many there were."""
    removed = of(user)
    for each in removed:
        journal.factor(user, "user.factor_removed", means=MEANS[each.type], actor=actor, at=at)
    Authenticator.objects.filter(user=user).delete()
    claims.hand_back_all(user, at=at, why="second factor removed")
    sessions.revoke(user)
    return len(removed)


def was_shown(request: HttpRequest) -> bool:
    """Was this session opened, or confirmed since, with a second factor?"""
    return any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))


def noted(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Tell the pages whether a second factor was shown, where some decisions take one (`HITL_STEP_UP_RISKS`)."""

    def answer(request: HttpRequest) -> HttpResponse:
        if settings.STEP_UP_RISKS:
            request.second_factor = request.user.is_authenticated and was_shown(request)  # type: ignore[attr-defined]
        return get_response(request)

    return answer


def required(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Send whoever lacks a second factor that their role needs to set one up, before anything else."""

    def answer(request: HttpRequest) -> HttpResponse:
        if not settings.MFA_ROLES or not request.user.is_authenticated or _name(request) in _OPEN:
            return get_response(request)
        if not lacking([request.user]):
            return get_response(request)
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=401, headers={"HX-Redirect": reverse("mfa_index")})
        return redirect("mfa_index")

    return answer


def _name(request: HttpRequest) -> Any:
    try:
        return resolve(request.path_info).url_name
    except Resolver404:
        return None
