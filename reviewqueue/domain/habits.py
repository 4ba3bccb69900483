"""How a person likes to work: their keys, and whether the next case comes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from reviewqueue.domain import people
from reviewqueue.models import Availability
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer

# The keys that can be changed, as they are printed on the buttons; digits choose reasons and stay.
KEYS: Final = ("a", "e", "r", "i", "t", "m", "s", "c", "h", "u", "g", "x", "n", "d", "b", "j", "k", "[", "]", "/", "?")


def keep(person: Reviewer, *, advance: bool, keys_on: bool, keys: Mapping[str, str], at: datetime) -> None:
    """Keep a person's habits. ``keys`` says by which key each of ``KEYS`` is pressed; what it leaves out stays.

    Refused (``invalid-request``) when a key is no single character, a digit, or meant for two things.
    """
    chosen = {name: _key(name, keys.get(name, "")) for name in KEYS}
    _require_each_once(chosen)
    changed = {name: key for name, key in chosen.items() if key != name}
    habits = person.habits | {"advance": advance, "keys_on": keys_on, "keys": changed}
    with transaction.atomic():
        people.record(person, "user.habits_changed", actor=people.by(person), at=at, body=habits)
        store(person, habits)


def store(person: Reviewer, changed: Mapping[str, Any]) -> None:
    """Change some habits and leave the others, also those that somebody changes beside us."""
    people = get_user_model()._default_manager  # noqa: SLF001 - Django's documented name
    with transaction.atomic():
        kept = people.select_for_update().filter(pk=person.pk).values_list("habits", flat=True).get()
        person.habits = {**kept, **changed}
        people.filter(pk=person.pk).update(habits=person.habits)


def advances(person: Reviewer) -> bool:
    """Does the next case come by itself once one is decided?"""
    return bool(person.habits.get("advance", True))


def keys_on(person: Reviewer) -> bool:
    """Do single keys do anything?"""
    return bool(person.habits.get("keys_on", True))


def status(person: Reviewer) -> str:
    """What this person last said of themselves (``Availability``); kept beside the rest, as every page shows it."""
    return str(person.habits.get("status", Availability.AVAILABLE))


def changed_keys(person: Reviewer) -> dict[str, Any]:
    """The keys that this person has changed, by what is printed on the buttons."""
    return dict(person.habits.get("keys", {}))


def _key(name: str, typed: str) -> str:
    key = typed.strip().lower() or name
    if len(key) != 1 or not key.isprintable() or key.isdigit():
        raise _unfit(name, _("“%s” is not a key: choose one letter or sign, no digit.") % typed[:10])
    return key


def _require_each_once(chosen: Mapping[str, str]) -> None:
    taken: dict[str, str] = {}
    for name, key in chosen.items():
        if key in taken:
            raise _unfit(name, _("The key “%s” is chosen for two things.") % key)
        taken[key] = name


def _unfit(name: str, says: str) -> Refusal:
    return Refusal("invalid-request", says, errors=({"pointer": f"/{name}", "detail": says},))
