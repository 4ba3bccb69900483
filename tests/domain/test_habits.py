"""Habits: kept with the person, recorded, and never two things on one key."""

import pytest

from audit.models import Entry
from hitl.accounts.models import User
from reviewqueue.domain import habits
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db


def keep(person: User, **keys: str) -> None:
    """Choose keys and nothing else."""
    habits.keep(person, advance=True, keys_on=True, keys=keys, at=factories.now())


def test_who_chose_nothing_advances_and_has_the_usual_keys() -> None:
    person = factories.person()
    assert (habits.advances(person), habits.keys_on(person), habits.changed_keys(person)) == (True, True, {})


def test_habits_are_kept_and_recorded() -> None:
    person = factories.person()
    habits.keep(person, advance=False, keys_on=False, keys={"a": "Q", "r": ""}, at=factories.now())
    person.refresh_from_db()
    assert (habits.advances(person), habits.keys_on(person), habits.changed_keys(person)) == (False, False, {"a": "q"})
    assert Entry.objects.get(subject=f"user:{person.reference}").kind == "user.habits_changed"


def test_two_keys_can_change_places() -> None:
    person = factories.person()
    keep(person, a="e", e="a")
    assert habits.changed_keys(person) == {"a": "e", "e": "a"}


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"a": "r"}, "The key “r” is chosen for two things."),
        ({"a": "1"}, "“1” is not a key: choose one letter or sign, no digit."),
        ({"a": "xy"}, "“xy” is not a key: choose one letter or sign, no digit."),
    ],
)
def test_a_key_means_one_thing_and_digits_stay_reasons(keys: dict[str, str], says: str) -> None:
    person = factories.person()
    with pytest.raises(Refusal) as refused:
        keep(person, **keys)
    assert (refused.value.says, habits.changed_keys(person)) == (says, {})
