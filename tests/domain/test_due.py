"""What is due is done by whoever rings: one kind that fails holds no other up, a database that is away all of them."""

from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from django.db import OperationalError

from reviewqueue.domain import alarms, due, escalation, lifecycle, sweeps
from reviewqueue.models import AlarmRule, Case
from tests import factories

pytestmark = pytest.mark.django_db


def gone(*_asked: Any, **_named: Any) -> NoReturn:
    raise OperationalError("server closed the connection unexpectedly")


def broken(*_asked: Any, **_named: Any) -> NoReturn:
    raise ValueError("broken")


def test_a_kind_that_fails_is_told_when_the_others_have_had_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    at = factories.now()
    case = factories.case(at=at, expires_in=60)
    monkeypatch.setitem(due.ALARMS, next(iter(due.ALARMS)), broken)
    with pytest.raises(ValueError, match="broken"):
        due.run(at=at + factories.later(61))
    case.refresh_from_db()
    assert case.outcome == "expired"


def test_without_a_database_nothing_else_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setitem(due.ALARMS, "effects", gone)
    monkeypatch.setitem(due.ALARMS, "pauses", lambda **_named: rung.append("pauses"))
    with pytest.raises(OperationalError):
        due.run(at=factories.now())
    assert rung == []


def test_a_row_that_cannot_be_done_is_named_and_the_next_one_done(caplog: pytest.LogCaptureFixture) -> None:
    first, second = factories.case(), factories.case()
    done = sweeps.each([first, second], lambda case: broken() if case.pk == first.pk else True)
    assert (done, first.pk in caplog.text, second.pk in caplog.text) == (1, True, False)


@pytest.mark.parametrize(
    ("place", "ring"),
    [
        ("reviewqueue.domain.escalation._fire", escalation.fire_due),
        ("reviewqueue.domain.alarms._check", alarms.check_due),
    ],
)
def test_a_sweep_without_a_database_ends_at_once(
    monkeypatch: pytest.MonkeyPatch, place: str, ring: Callable[..., Any]
) -> None:
    factories.case()
    AlarmRule.objects.update(active=True, next_at=factories.now())
    monkeypatch.setattr(place, gone)
    with pytest.raises(OperationalError):
        ring(at=factories.now() + factories.later(3600))
    with pytest.raises(OperationalError):
        sweeps.each([Case.objects.get()], gone)


def test_a_case_that_does_not_exist_is_not_locked() -> None:
    with pytest.raises(Case.DoesNotExist):
        lifecycle.locked("case_0")
