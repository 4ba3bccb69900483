"""Who works at the demo's desk: people to sign in as, simulated colleagues, queues, the policy and the agents' keys."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings

from audit.actions import SYSTEM
from hitl.accounts import tokens
from hitl.accounts.models import PersonalToken, User
from hitl.accounts.people import make_person
from hitl.accounts.roles import Role
from hitl.demo import front_door, ladder, plans
from hitl.demo.encounters import VERSIONS
from hitl.demo.notebook import FILE
from hitl.demo.past import writing
from hitl.demo.policy import demo_policy
from reviewqueue.domain import configuration, figures, policies
from reviewqueue.domain.people import by
from reviewqueue.engine import policy as engine
from reviewqueue.models import AgentKey, PolicyVersion, Queue

# Known to everybody who reads this: a demo is for one's own machine.
PASSWORD: Final = "demo-desk-2026"  # noqa: S105 - it protects an invented shop
SKILLS: Final = ("billing", "legal", "privacy", "security")
_TOKEN_LABEL: Final = "demo colleague"  # noqa: S105 - a label
_REASON: Final = "The demo shop watches changes of address instead of holding them"


class DemoError(Exception):
    """The demo must not run here; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody whom a visitor can sign in as."""

    name: str
    role: str
    does: str


@dataclass(frozen=True, slots=True)
class DemoDesk:
    """What the shop needs to open: agents' keys by name, colleagues' tokens by reference, and logins to print."""

    logins: tuple[Login, ...]
    password: str
    keys: Mapping[str, str]
    tokens: Mapping[str, str]

    def lines(self) -> Iterator[str]:
        """What a visitor reads in the terminal."""
        yield f"Sign in with the password {self.password} (it is public: keep this desk on your own machine) as"
        for login in self.logins:
            yield f"  {login.name:<12} {login.does}"
        yield "Customers need no account: /contact/, /help/, and each case's page behind “What the customer sees now”"


_LOGINS: Final = (
    (Login("rosa", Role.REVIEWER, "reviewer: works in all queues"), "Rosa", "Lindholm"),
    (Login("ravi", Role.REVIEWER, "a second reviewer: cases that two people must agree on"), "Ravi", "Thekkan"),
    (Login("sofia", Role.SUPERVISOR, "supervisor: sees all, reassigns, stops what is watched"), "Sofia", "Wernicke"),
    (Login("quentin", Role.QA_LEAD, "QA lead: judges the week's sample, reads what it shows"), "Quentin", "Obi"),
    (Login("ada", Role.ADMIN, "administrator: settings, people, policies; sees no customer's text"), "Ada", "Nowak"),
    (Login("otto", Role.AUDITOR, "auditor: reads and exports the record"), "Otto", "Brandvold"),
)
# Simulated: nobody signs in as them. Two work in each queue in which two people may have to agree.
_COLLEAGUES: Final = (
    ("mara", "Mara", "Ek", ("billing", "cancellations", "vip")),
    ("jonas", "Jonas", "Tamm", ("security", "legal", "billing")),
    ("tilda", "Tilda", "Quist", ("routine", "angry", "vip", "legal", "security", "cancellations")),
)
# Who judges the sample besides the QA lead, so that two can look at the same case.
_JUDGES: Final = frozenset({"ravi", "sofia"})
_TITLES: Final = {
    "security": "Security",
    "angry": "Upset customers",
    "vip": "VIP and fleets",
    "legal": "Legal and privacy",
    "billing": "Billing",
    "cancellations": "Cancellations",
    "routine": "Routine",
    "contact": "Contact form",
    "callbacks": "Callbacks",
}


def prepare(*, at: datetime) -> DemoDesk:
    """Make people, policy, queues and keys, where they are missing; refused on a desk that is not a demo's.

    Agents' keys and colleagues' tokens are new each time, and those of the last run are revoked.
    """
    _require_demo()
    # The shop has had this desk for as long as its past is told.
    since = figures.begins(writing.first_monday(settings.DATA_DIR, at=at))
    admin = _people(since)
    _publish(admin, since)
    for position, (name, title) in enumerate(_TITLES.items(), start=1):
        Queue.objects.filter(pk=name, title="").update(title=title, position=position)
    front_door.furnish(at=at)
    plans.make(at=at)
    ladder.make(at=since)
    return DemoDesk(
        logins=tuple(login for login, _first, _last in _LOGINS),
        password=PASSWORD,
        keys={name: _key(name, at) for name in VERSIONS},
        tokens=dict(_token(name, at) for name, _first, _last, _queues in _COLLEAGUES),
    )


def _require_demo() -> None:
    if not settings.EMBEDDED:
        raise DemoError("The demo runs on the embedded desk only: unset DATABASE_URL.")
    marker = settings.DATA_DIR / FILE
    if not marker.exists() and User.objects.exists():
        says = f"{settings.DATA_DIR} holds a desk with people of its own; give the demo another --data-dir."
        raise DemoError(says)
    # From here on this folder is a demo's, also when the next line fails.
    marker.touch()


def _people(at: datetime) -> User:
    made = {
        login.name: _person(login.name, (first, last), at, role=login.role, password=PASSWORD)
        for login, first, last in _LOGINS
    }
    for name, first, last, queues in _COLLEAGUES:
        password = secrets.token_urlsafe(32)
        _person(name, (first, last), at, role=Role.REVIEWER, password=password, queues=queues)
    return made["ada"]


def _person(
    name: str, called: tuple[str, str], at: datetime, *, role: str, password: str, queues: tuple[str, ...] = ()
) -> User:
    if known := User.objects.filter(username=name).first():
        return known
    person = make_person(name, role=role, password=password, queues=queues, skills=SKILLS, actor=SYSTEM, at=at)
    person.first_name, person.last_name = called
    person.reviews_quality = name in _JUDGES
    person.save(update_fields=["first_name", "last_name", "reviews_quality"])
    return person


def _publish(admin: User, at: datetime) -> None:
    """The demo's policy, unless a visitor has published one of their own."""
    policies.current(at=at)
    newest = PolicyVersion.objects.latest("number")
    ours = newest.number == 1 or newest.reason == _REASON
    document = demo_policy()
    if ours and newest.document != engine.parse(document).document:
        policies.publish(document, author=admin, actor=by(admin), reason=_REASON, at=at)


def _key(agent: str, at: datetime) -> str:
    for old in AgentKey.objects.filter(agent__name=agent, revoked_at=None):
        configuration.revoke_key(old, actor=SYSTEM, at=at)
    _new, secret = configuration.make_key(agent, actor=SYSTEM, at=at)
    return secret


def _token(name: str, at: datetime) -> tuple[str, str]:
    person = User.objects.get(username=name)
    for old in PersonalToken.objects.filter(user=person, label=_TOKEN_LABEL, revoked_at=None):
        tokens.revoke(old, at=at)
    _new, secret = tokens.make(person, label=_TOKEN_LABEL, at=at)
    return person.reference, secret
