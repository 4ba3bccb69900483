"""Rows that are made plainly are what Django's constructor makes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models import Model

from audit import making
from audit.models import Entry
from reviewqueue.models import Agent, Case, Clock, Conversation, Event, Queue

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def columns(row: Model) -> dict[str, Any]:
    return {field.attname: vars(row)[field.attname] for field in row._meta.concrete_fields}  # noqa: SLF001 - all of them


@pytest.mark.parametrize(
    ("model", "given"),
    [
        (
            Case,
            {"id": "case_1", "agent": Agent(pk=7), "queue": Queue(name="routine"), "skills": ["legal"], "risk": "low"},
        ),
        (Case, {"id": "case_2", "agent_id": 7, "created_at": AT}),
        (Conversation, {"external_id": "conv_1", "agent": Agent(pk=7)}),
        (Entry, {"subject": "test:1", "seq": 1}),
        (Clock, {"case_id": "case_1"}),
    ],
)
def test_every_column_has_the_value_that_the_constructor_gives_it(model: type[Model], given: dict[str, Any]) -> None:
    made, expected = making.new(model, **given), model(**given)
    assert columns(made) == columns(expected)
    assert vars(made._state).get("db") == vars(expected._state).get("db")  # noqa: SLF001 - what save() asks


def test_a_related_row_stays_at_hand() -> None:
    agent = Agent(pk=7)
    assert making.new(Case, agent=agent).agent is agent


def test_each_row_gets_defaults_of_its_own() -> None:
    one, two = making.new(Case), making.new(Case)
    one.skills.append("legal")
    assert (two.skills, one.pk == two.pk) == ([], False)


def test_the_database_chooses_where_it_is_to_choose() -> None:
    assert type(making.new(Event).xid) is type(Event().xid)


def test_a_name_that_the_model_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="Entry has no sequence"):
        making.new(Entry, sequence=1)
