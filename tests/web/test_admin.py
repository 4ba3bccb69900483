"""Administration: every change goes through a verb, is recorded, and acts at once; no case text anywhere."""

from collections.abc import Callable
from typing import Any

import pytest

from audit.models import Entry
from hitl.accounts.models import User
from reviewqueue.domain import configuration, questions
from reviewqueue.models import Agent, AgentKey, Pause, Queue, Scope
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
PLACES = [
    "/admin/",
    "/admin/accounts/user/",
    "/admin/accounts/user/add/",
    "/admin/reviewqueue/queue/",
    "/admin/reviewqueue/queue/add/",
    "/admin/reviewqueue/agent/",
    "/admin/reviewqueue/agent/add/",
    "/admin/reviewqueue/agentkey/",
    "/admin/reviewqueue/policyversion/",
    "/admin/reviewqueue/policydraft/",
    "/admin/reviewqueue/policydraft/add/",
    "/admin/reviewqueue/calendar/add/",
    "/admin/reviewqueue/servicelevel/",
    "/admin/reviewqueue/servicelevel/add/",
    "/admin/reviewqueue/shift/add/",
    "/admin/reviewqueue/absence/add/",
    "/admin/reviewqueue/certificate/",
    "/admin/reviewqueue/certificate/add/",
    "/admin/reviewqueue/workrules/add/",
    "/admin/reviewqueue/pause/",
    "/admin/reviewqueue/pause/add/",
    "/admin/audit/entry/",
]


@pytest.fixture
def admin(visit: Visit) -> Visitor:
    """An administrator named Adam."""
    return visit("admin", first_name="Adam", last_name="Frei", username="adam")


def post(visitor: Visitor, address: str, **fields: Any) -> Page:
    """Send a form of the admin as its page would, with some fields filled in."""
    return Page(visitor.client.post(address, fields, follow=True))


def person_form(person: User, **changes: Any) -> dict[str, Any]:
    """The person's page as it would be sent unchanged, with changes."""
    held = {
        "username": person.username,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": "",
        "role": person.role,
        "queues": list(person.memberships.values_list("queue_id", flat=True)),
        "skills": ", ".join(person.skills),
    }
    held |= {name: "on" for name in ("is_active", "all_queues") if getattr(person, name)}
    return {name: value for name, value in (held | changes).items() if value is not None}


@pytest.mark.parametrize("address", PLACES)
def test_every_page_opens_for_an_administrator_and_for_nobody_else(admin: Visitor, visit: Visit, address: str) -> None:
    factories.policy()
    assert admin.open(address).status == 200
    assert {visit(role).open(address).status for role in ("reviewer", "supervisor", "qa_lead", "auditor")} == {302}


@pytest.mark.covers("R91")
@pytest.mark.parametrize("address", PLACES)
def test_no_page_shows_the_text_of_a_case(admin: Visitor, address: str) -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer, customer={"id": "c", "name": "Maya Unmistakable"})
    questions.ask(case, reviewer=reviewer, of="agent", text="What is Maya's Secret?", at=factories.now())
    source = admin.open(address).source
    assert ("Unmistakable" in source, "Secret" in source, "refund_order" in source) == (False, False, False)


class TestPeople:
    """Accounts and rights."""

    def test_a_new_account_can_sign_in_and_is_recorded(self, admin: Visitor) -> None:
        Queue.objects.create(name="billing")
        page = post(
            admin,
            "/admin/accounts/user/add/",
            username="ben",
            first_name="Ben",
            last_name="Kessler",
            usable_password="true",
            password1="an-invented-password",
            password2="an-invented-password",
            role="supervisor",
            queues=["billing"],
            skills="Billing, german",
        )
        ben = User.objects.get(username="ben")
        assert page.status == 200
        assert (ben.display, ben.role, ben.skills, ben.all_queues) == (
            "Ben K.",
            "supervisor",
            ["billing", "german"],
            False,
        )
        assert [membership.queue_id for membership in ben.memberships.all()] == ["billing"]
        assert ben.check_password("an-invented-password")
        assert Entry.objects.get(kind="user.created").actor.display == "Adam F."

    def test_without_queues_a_new_account_works_in_none_unless_in_all(self, admin: Visitor) -> None:
        fields = {"usable_password": "false", "role": "reviewer", "skills": ""}
        post(admin, "/admin/accounts/user/add/", username="none", **fields)
        post(admin, "/admin/accounts/user/add/", username="all", all_queues="on", **fields)
        made = {
            user.username: (user.all_queues, user.has_usable_password())
            for user in User.objects.exclude(username="adam")
        }
        assert made == {"none": (False, False), "all": (True, False)}

    def test_a_name_that_differs_in_capitals_only_is_refused(self, admin: Visitor) -> None:
        page = post(admin, "/admin/accounts/user/add/", username="ADAM", usable_password="false", role="reviewer")
        assert "There is already a person with this name." in page.text

    @pytest.mark.covers("R46", "R91")
    def test_a_change_of_role_acts_at_once_and_is_recorded(self, admin: Visitor, visit: Visit) -> None:
        visitor = visit()
        case = factories.claimed(visitor.user)
        post(admin, f"/admin/accounts/user/{visitor.user.pk}/change/", **person_form(visitor.user, role="auditor"))
        case.refresh_from_db()
        entry = Entry.objects.get(kind="user.role_changed")
        assert (visitor.open("/").status, case.state) == (302, "queued")
        assert (entry.actor.display, entry.data) == ("Adam F.", {"role": {"before": "reviewer", "after": "auditor"}})

    def test_leaving_a_queue_acts_at_once(self, admin: Visitor, visit: Visit) -> None:
        Queue.objects.create(name="billing")
        visitor = visit(queues=["billing"])
        form = person_form(visitor.user, queues=None)
        post(admin, f"/admin/accounts/user/{visitor.user.pk}/change/", **form)
        assert Entry.objects.get(kind="user.role_changed").data == {"queues": {"before": ["billing"], "after": []}}
        assert visitor.open("/").status == 302

    def test_a_new_name_is_no_change_of_rights(self, admin: Visitor, visit: Visit) -> None:
        visitor = visit()
        form = person_form(visitor.user, first_name="Anna")
        post(admin, f"/admin/accounts/user/{visitor.user.pk}/change/", **form)
        visitor.user.refresh_from_db()
        assert (visitor.user.first_name, visitor.open("/").status) == ("Anna", 200)
        assert not Entry.objects.filter(kind="user.role_changed").exists()

    def test_switching_an_account_off_ends_it(self, admin: Visitor, visit: Visit) -> None:
        visitor = visit()
        form = person_form(visitor.user, is_active=None)
        post(admin, f"/admin/accounts/user/{visitor.user.pk}/change/", **form)
        assert (visitor.open("/").status, Entry.objects.filter(kind="user.deactivated").count()) == (302, 1)

    def test_people_can_be_signed_out_everywhere(self, admin: Visitor, visit: Visit) -> None:
        visitor = visit()
        case = factories.claimed(visitor.user)
        page = post(admin, "/admin/accounts/user/", action="sign_out", _selected_action=[visitor.user.pk])
        case.refresh_from_db()
        assert (visitor.open("/").status, case.state) == (302, "queued")
        assert "1 person is signed out." in page.text

    def test_a_password_set_by_an_administrator_is_recorded(self, admin: Visitor) -> None:
        person = factories.person()
        new = {"usable_password": "true", "password1": "another-invented-one", "password2": "another-invented-one"}
        post(admin, f"/admin/accounts/user/{person.pk}/password/", **new)
        person.refresh_from_db()
        assert person.check_password("another-invented-one")
        assert Entry.objects.get(kind="user.password_set").subject == f"user:{person.reference}"

    def test_nobody_is_deleted(self, admin: Visitor) -> None:
        person = factories.person()
        assert admin.open(f"/admin/accounts/user/{person.pk}/delete/").status == 403


class TestQueues:
    """Lanes and their targets."""

    TARGETS = {"position": 5, "urgent_seconds": 60, "high_seconds": 600, "normal_seconds": 3600, "low_seconds": 7200}

    def test_a_new_queue_is_recorded(self, admin: Visitor) -> None:
        post(admin, "/admin/reviewqueue/queue/add/", name="billing", title="Billing approvals", **self.TARGETS)
        assert str(Queue.objects.get(name="billing")) == "Billing approvals"
        assert Entry.objects.get(subject="queue:billing").kind == "queue.created"

    @pytest.mark.covers("R35", "R68")
    def test_a_changed_target_says_what_was_before(self, admin: Visitor) -> None:
        Queue.objects.create(name="billing", **self.TARGETS)
        post(admin, "/admin/reviewqueue/queue/billing/change/", title="", **self.TARGETS | {"urgent_seconds": 120})
        entry = Entry.objects.get(subject="queue:billing")
        assert (entry.kind, entry.data) == ("queue.changed", {"urgent_seconds": {"before": 60, "after": 120}})

    def test_nothing_changed_is_nothing_recorded(self, admin: Visitor) -> None:
        Queue.objects.create(name="billing", **self.TARGETS)
        post(admin, "/admin/reviewqueue/queue/billing/change/", title="", **self.TARGETS)
        assert not Entry.objects.filter(subject="queue:billing").exists()

    def test_a_queue_stays(self, admin: Visitor) -> None:
        Queue.objects.create(name="billing")
        assert admin.open("/admin/reviewqueue/queue/billing/delete/").status == 403


class TestAgents:
    """Agents and their keys."""

    def test_a_new_agent_is_recorded(self, admin: Visitor) -> None:
        owner = factories.person()
        post(admin, "/admin/reviewqueue/agent/add/", name="support-bot", team="care", owner=owner.pk)
        assert Agent.objects.get().owner == owner
        assert Entry.objects.get(subject="agent:support-bot").kind == "agent.created"

    def test_a_changed_limit_is_recorded(self, admin: Visitor) -> None:
        agent = factories.agent(name="bot")
        post(admin, f"/admin/reviewqueue/agent/{agent.pk}/change/", team="", owner="", calls_per_second=5, burst=10)
        assert Entry.objects.get(subject="agent:bot").data == {
            "burst": {"before": None, "after": 10},
            "calls_per_second": {"before": None, "after": 5},
        }

    def test_a_key_is_shown_once(self, admin: Visitor) -> None:
        agent = factories.agent()
        page = post(admin, f"/admin/reviewqueue/agent/{agent.pk}/make-key/", scopes=["propose"])
        (secret,) = page.says("code", id="secret")
        key = AgentKey.objects.get()
        assert (key.hash, key.scopes) == (configuration.hashed(secret), [str(Scope.PROPOSE)])
        assert "no-store" in page.response.headers["Cache-Control"].split(", ")
        assert secret not in admin.open(f"/admin/reviewqueue/agent/{agent.pk}/change/").source

    def test_a_third_valid_key_is_refused_in_a_sentence(self, admin: Visitor) -> None:
        agent = factories.agent()
        address = f"/admin/reviewqueue/agent/{agent.pk}/make-key/"
        for _each in range(2):
            post(admin, address, scopes=["propose"])
        page = post(admin, address, scopes=["propose"])
        assert (
            "Two keys of this agent are valid already; revoke one first." in page.text,
            AgentKey.objects.count(),
        ) == (
            True,
            2,
        )

    def test_a_key_without_a_scope_is_none(self, admin: Visitor) -> None:
        agent = factories.agent()
        post(admin, f"/admin/reviewqueue/agent/{agent.pk}/make-key/")
        assert AgentKey.objects.count() == 0

    def test_keys_are_made_by_administrators_only(self, visit: Visit) -> None:
        agent = factories.agent()
        answer = visit("supervisor").client.post(
            f"/admin/reviewqueue/agent/{agent.pk}/make-key/", {"scopes": ["propose"]}
        )
        assert (answer.status_code, AgentKey.objects.count()) == (302, 0)

    def test_keys_are_revoked_from_their_list(self, admin: Visitor) -> None:
        agent = factories.agent()
        post(admin, f"/admin/reviewqueue/agent/{agent.pk}/make-key/", scopes=["propose"])
        key = AgentKey.objects.get()
        page = post(admin, "/admin/reviewqueue/agentkey/", action="revoke", _selected_action=[key.pk])
        key.refresh_from_db()
        assert (key.revoked_at is not None, "1 key is revoked." in page.text) == (True, True)
        assert Entry.objects.filter(kind="agent.key_revoked").count() == 1


def test_a_published_policy_can_be_read_and_not_changed(admin: Visitor) -> None:
    version = factories.policy(name="Careful")
    address = f"/admin/reviewqueue/policyversion/{version.pk}/change/"
    assert "Careful" in admin.open(address).text
    assert admin.client.post(address, {"reason": "x"}).status_code == 403
    assert admin.open("/admin/reviewqueue/policyversion/add/").status == 403


class TestPauses:
    """The brake in the admin."""

    @pytest.mark.covers("R46")
    def test_an_administrator_pauses_and_resumes_with_a_reason(self, admin: Visitor) -> None:
        post(admin, "/admin/reviewqueue/pause/add/", of="action", name="refund*", reason="odd refunds")
        pause = Pause.objects.get()
        assert (str(pause), pause.paused_by, pause.swept_at is None) == ("an action: refund*", admin.user, False)
        address = f"/admin/reviewqueue/pause/{pause.pk}/change/"
        assert "This field is required." in post(admin, address, resumed_reason="").text
        post(admin, address, resumed_reason="a sale")
        pause.refresh_from_db()
        assert (pause.resumed_reason, pause.resumed_by) == ("a sale", admin.user)
        assert admin.client.post(address, {"resumed_reason": "x"}).status_code == 403

    def test_a_pause_without_what_it_pauses_is_asked_for_it(self, admin: Visitor) -> None:
        page = post(admin, "/admin/reviewqueue/pause/add/", of="agent", name=" ", reason="r")
        assert (
            "Say what is to be paused, in at most 100 visible characters." in page.text,
            Pause.objects.exists(),
        ) == (True, False)

    def test_a_hostile_reason_stays_text(self, admin: Visitor) -> None:
        post(admin, "/admin/reviewqueue/pause/add/", of="everything", reason="<script>alert(1)</script>")
        source = admin.open("/admin/reviewqueue/pause/").source
        assert ("<script>alert" in source, "&lt;script&gt;alert" in source) == (False, True)

    def test_a_name_that_cannot_be_paused_is_said_on_the_form(self, admin: Visitor) -> None:
        page = post(admin, "/admin/reviewqueue/pause/add/", of="action", name="refund\u202e", reason="r")
        assert ("visible characters" in page.text, Pause.objects.exists()) == (True, False)


@pytest.mark.parametrize("path", ["customers/article/add/"])
def test_no_column_of_a_form_has_an_empty_heading(visit: Visit, path: str) -> None:
    page = visit("admin").open(f"/admin/{path}")
    assert (page.status, "<th></th>" in page.source, '<th class="original"></th>' in page.source) == (200, False, False)
