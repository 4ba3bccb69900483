"""Commands that make people, tokens and agents' keys: JSON out, the secret once."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.actions import SYSTEM
from audit.ledger import timeline
from hitl.accounts import tokens
from hitl.accounts.models import User
from hitl.accounts.people import make_person
from reviewqueue.domain import configuration
from reviewqueue.models import Agent, AgentKey, Queue
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_password_of_this_shell(monkeypatch):
    monkeypatch.delenv("HITL_PASSWORD", raising=False)


def printed(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    document: dict[str, Any] = json.loads(out.getvalue())
    return document


def recorded(subject: str) -> list[tuple[str, dict[str, Any]]]:
    return [(entry.kind, entry.data) for entry in timeline(subject)]


def test_a_person_is_made_with_a_password_that_is_printed_once():
    made = printed("make_user", "ana", "--role", "reviewer")
    ana = User.objects.get(username="ana")
    shown = {"name": "ana", "id": ana.reference, "role": "reviewer", "queues": "all", "skills": []}
    assert made == shown | {"password": made["password"]}
    assert ana.check_password(made["password"])
    assert (ana.all_queues, ana.is_staff) == (True, False)


def test_the_password_comes_from_the_environment_and_is_not_printed(monkeypatch):
    monkeypatch.setenv("HITL_PASSWORD", "correct horse battery")
    made = printed("make_user", "ana", "--role", "admin")
    ana = User.objects.get(username="ana")
    assert ("password" in made, ana.check_password("correct horse battery"), ana.is_staff) == (False, True, True)


def test_a_weak_password_is_taken_and_named(monkeypatch):
    monkeypatch.setenv("HITL_PASSWORD", "password")
    said = io.StringIO()
    call_command("make_user", "ana", "--role", "reviewer", stdout=io.StringIO(), stderr=said)
    assert said.getvalue().startswith("This password is weak: This password is too short.")
    assert User.objects.get(username="ana").check_password("password")


@pytest.mark.covers("R66", "R67")
def test_queues_and_skills_are_given_and_missing_queues_made():
    Queue.objects.create(name="billing", position=7)
    made = printed(
        "make_user", "ana", "--role", "reviewer", "--queue", "vip", "--queue", "billing", "--skill", "french"
    )
    ana = User.objects.get(username="ana")
    assert (made["queues"], made["skills"]) == (["billing", "vip"], ["french"])
    assert sorted(ana.memberships.values_list("queue_id", flat=True)) == ["billing", "vip"]
    assert (ana.all_queues, Queue.objects.get(pk="billing").position) == (False, 7)


def test_a_new_person_is_on_record():
    printed("make_user", "ana", "--role", "qa_lead", "--queue", "vip")
    body = {"name": "ana", "role": "qa_lead", "queues": ["vip"], "skills": []}
    subject = f"user:{User.objects.get(username='ana').reference}"
    assert recorded(subject) == [("user.created", body)]


@pytest.mark.parametrize("name", ["ana", "ANA"])
def test_a_name_that_is_taken_is_refused(name):
    printed("make_user", "ana", "--role", "reviewer")
    with pytest.raises(CommandError, match=f"There is already a person named {name}"):
        call_command("make_user", name, "--role", "reviewer")
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["a b"], "username: Enter a valid username"),
        ([""], "username: This field cannot be blank"),
        (["x" * 151], "username: Ensure this value has at most 150"),
        (["ana", "--queue", "not a slug"], "name: Enter a valid “slug”"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_made(arguments, says):
    with pytest.raises(CommandError, match=says):
        call_command("make_user", *arguments, "--role", "reviewer")
    assert (User.objects.count(), Queue.objects.count()) == (0, 0)


def test_a_role_that_is_none_is_refused():
    with pytest.raises(CommandError, match="invalid choice: 'emperor'"):
        call_command("make_user", "ana", "--role", "emperor")


def test_whoever_makes_people_cannot_invent_a_role():
    with pytest.raises(Refusal, match="There is no role emperor"):
        make_person("ana", role="emperor", password="x", actor=SYSTEM, at=factories.now())


def test_a_token_opens_the_reviewers_wire_for_its_owner_alone():
    ana = factories.person(username="ana")
    made = printed("user_token", "ana", "--label", "phone", "--days", "3")
    at = factories.now()
    assert tokens.find(made["token"], at) == ana
    assert tokens.find(made["token"], at + timedelta(days=4)) is None
    assert tokens.find(made["token"] + "x", at) is None
    assert (made["user"], made["label"]) == ("ana", "phone")
    token = ana.tokens.get()
    assert made["token"] not in {token.hash, token.hint}
    assert [kind for kind, _body in recorded(f"user:{ana.reference}")] == ["user.token_made"]


def test_a_revoked_token_and_one_of_a_deactivated_person_open_nothing():
    people = [factories.person() for _each in range(2)]
    at = factories.now()
    made = [tokens.make(person, label="", at=at) for person in people]
    tokens.revoke(made[0][0], at=at)
    tokens.revoke(made[0][0], at=at)
    User.objects.filter(pk=people[1].pk).update(is_active=False)
    assert [tokens.find(secret, at) for _token, secret in made] == [None, None]
    kinds = [kind for kind, _body in recorded(f"user:{people[0].reference}")]
    assert kinds == ["user.token_made", "user.token_revoked"]


def test_the_last_use_of_a_token_is_noted_once_a_minute():
    at = factories.now()
    token, secret = tokens.make(factories.person(), label="", at=at)
    seen = []
    for seconds in (0, 30, 61):
        tokens.find(secret, at + timedelta(seconds=seconds))
        token.refresh_from_db()
        seen.append(token.last_used_at)
    assert seen == [at, at, at + timedelta(seconds=61)]


def test_using_a_token_takes_one_query(django_assert_num_queries):
    at = factories.now()
    _token, secret = tokens.make(factories.person(), label="", at=at)
    tokens.find(secret, at)
    with django_assert_num_queries(1):
        tokens.find(secret, at)


@pytest.mark.parametrize("name", ["nobody", "gone"])
def test_a_token_for_nobody_is_refused(name):
    factories.person(username="gone", is_active=False)
    with pytest.raises(CommandError, match=f"There is no active person named {name}."):
        call_command("user_token", name)


@pytest.mark.parametrize("days", ["0", "-1", "367"])
def test_a_token_for_an_unreasonable_time_is_refused(days):
    factories.person(username="ana")
    with pytest.raises(CommandError, match="A token is valid for 1 to 366 days"):
        call_command("user_token", "ana", "--days", days)


def test_a_key_is_made_for_a_new_agent():
    made = printed("agent_key", "shop")
    key = AgentKey.objects.get(agent__name="shop")
    shown = {"agent": "shop", "key": made["key"], "scopes": ["converse", "propose", "redeem"], "id": key.pk}
    assert made == shown
    assert key.hash == configuration.hashed(made["key"])


def test_a_key_can_be_limited_to_scopes():
    made = printed("agent_key", "shop", "--scope", "redeem", "--scope", "propose")
    assert made["scopes"] == ["propose", "redeem"]


def test_a_third_valid_key_is_refused():
    for _each in range(2):
        printed("agent_key", "shop")
    with pytest.raises(CommandError, match="Two keys of this agent are valid already"):
        call_command("agent_key", "shop")
    assert AgentKey.objects.count() == 2


@pytest.mark.parametrize("arguments", [["a b"], ["x" * 60], [""]])
def test_an_agents_name_that_does_not_fit_is_refused(arguments):
    with pytest.raises(CommandError, match="An agent cannot be named so"):
        call_command("agent_key", *arguments)
    assert Agent.objects.count() == 0
