"""Preparing a desk for the demo: people, policy and keys, again and again, and never on a real desk."""

import pytest
from django.contrib.auth import authenticate

from hitl.accounts import tokens
from hitl.accounts.models import User
from hitl.accounts.roles import Role
from hitl.demo import people
from hitl.demo.people import DemoError
from hitl.demo.policy import demo_policy
from reviewqueue.domain import policies
from reviewqueue.domain.configuration import hashed
from reviewqueue.engine import policy as engine
from reviewqueue.models import AgentKey, Queue
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder"), pytest.mark.sqlite_only]


def prepare():
    return people.prepare(at=factories.now())


def in_force():
    return policies.current(at=factories.now())


def test_there_is_somebody_to_sign_in_as_for_each_role():
    desk = prepare()
    assert {login.role for login in desk.logins} == set(Role.values)
    for login in desk.logins:
        user = authenticate(username=login.name, password=desk.password)
        assert isinstance(user, User)
        assert user.role == login.role


def test_two_reviewers_can_agree_where_four_eyes_are_needed():
    desk = prepare()
    reviewers = [User.objects.get(username=login.name) for login in desk.logins if login.role == Role.REVIEWER]
    skills = {skill for trigger in demo_policy()["triggers"] for skill in trigger.get("skills", [])}
    assert len(reviewers) == 2
    assert all(reviewer.all_queues and set(reviewer.skills) == skills for reviewer in reviewers)


def test_nobody_signs_in_as_a_simulated_colleague():
    desk = prepare()
    simulated = User.objects.exclude(username__in=[login.name for login in desk.logins])
    assert {person.reference for person in simulated} == desk.tokens.keys()
    assert all(authenticate(username=person.username, password=desk.password) is None for person in simulated)


def test_every_queue_of_the_policy_has_colleagues_and_a_title():
    prepare()
    named = engine.parse(demo_policy()).queues_named()
    manned = frozenset(Queue.objects.filter(memberships__user__isnull=False).values_list("name", flat=True))
    assert manned == named
    assert not Queue.objects.filter(title="").exists()


def test_a_second_start_changes_no_person_and_no_policy():
    first, people_before = prepare(), list(User.objects.order_by("pk").values())
    number = in_force()[0]
    second = prepare()
    assert list(User.objects.order_by("pk").values()) == people_before
    assert in_force()[0] == number
    assert (second.logins, second.password) == (first.logins, first.password)


def test_keys_and_tokens_of_the_last_run_open_nothing():
    first, second = prepare(), prepare()
    at = factories.now()
    assert [tokens.find(secret, at) for secret in first.tokens.values()] == [None] * 3
    owners = [tokens.find(secret, at) for secret in second.tokens.values()]
    assert [owner and owner.reference for owner in owners] == list(second.tokens)
    valid = AgentKey.objects.filter(revoked_at=None).values_list("hash", flat=True)
    assert set(valid) == {hashed(secret) for secret in second.keys.values()}


def test_the_policy_in_force_is_the_demos():
    prepare()
    assert in_force()[1].name == "Wrenfold's policy"


def test_a_policy_that_a_visitor_published_stays():
    prepare()
    factories.policy(name="A visitor's own")
    prepare()
    assert in_force()[1].name == "A visitor's own"


def test_a_desk_with_people_of_its_own_is_left_alone():
    factories.person("admin", username="grace")
    with pytest.raises(DemoError, match="people of its own"):
        prepare()
    assert list(User.objects.values_list("username", flat=True)) == ["grace"]


def test_people_whom_a_visitor_made_do_not_stop_the_next_start():
    prepare()
    factories.person("reviewer", username="grace")
    prepare()
    assert User.objects.filter(username="grace").exists()


def test_production_is_no_place_for_a_demo(settings):
    settings.EMBEDDED = False
    with pytest.raises(DemoError, match="embedded desk only"):
        prepare()
    assert not User.objects.exists()


def test_the_terminal_names_every_login_and_the_password():
    desk = prepare()
    said = "\n".join(desk.lines())
    assert all(f"  {login.name} " in said for login in desk.logins)
    assert desk.password in said
