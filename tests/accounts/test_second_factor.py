"""The authenticator app, recovery codes, and roles that cannot do without."""

import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from pytest_django import Settings

from audit.models import Entry
from hitl.accounts import factors
from hitl.accounts.models import User
from reviewqueue.domain.people import by
from reviewqueue.models import Decision
from reviewqueue.queries import clock
from tests import factories
from tests.accounts import second
from tests.accounts.conftest import PASSWORD, somebody
from tests.accounts.visitors import APP, STEP, come_in, follow, hears, knock, send, set_up_app, signed_in
from tests.web.pages import Page, Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.covers("R91")]
NEW_CODES = "/account/second-factor/codes/new/"


def kinds(user: User) -> list[str]:
    """What the record says about a person, in order."""
    return list(Entry.objects.filter(subject=f"user:{user.reference}").order_by("seq").values_list("kind", flat=True))


def after(visitor: Visitor, code: str) -> Page:
    """Type a code at the second step."""
    return visitor.press(visitor.open(STEP), "Go on", on=STEP, code=code)


class TestTheApp:
    """Six digits after the password."""

    def test_setting_it_up_shows_the_recovery_codes_once(self, ana: User) -> None:
        visitor = come_in(ana)
        _secret, codes = set_up_app(visitor)
        again = visitor.open("/account/second-factor/codes/")
        assert (len(codes), [code for code in codes if code in again.source]) == (10, [])
        assert kinds(ana) == ["user.signed_in", "user.factor_added"]

    def test_a_wrong_code_sets_nothing_up(self, ana: User) -> None:
        visitor = come_in(ana)
        page = visitor.open(APP)
        (secret,) = page.says("code", id="secret")
        answer = send(visitor, page, code=second.wrong(secret))
        assert answer.says("span", class_="fault") == ["This code or passkey does not fit, or was used already."]
        assert factors.of(ana) == []

    def test_afterwards_the_password_alone_opens_nothing(self, ana: User) -> None:
        set_up_app(come_in(ana))
        visitor, page = knock("ana")
        assert page.response.redirect_chain == [(STEP, 302)]
        assert not signed_in(visitor)

    def test_the_code_opens_and_the_record_says_how(self, ana: User) -> None:
        secret, _codes = set_up_app(come_in(ana))
        visitor, _page = knock("ana", where="/sign-in/?next=/account/")
        page = after(visitor, second.code(secret))
        assert page.response.redirect_chain == [("/account/", 302)]
        assert Entry.objects.filter(kind="user.signed_in").latest("pk").data["by"] == ["password", "authenticator app"]

    def test_with_another_secret_key_no_code_opens_and_nothing_fails(
        self, ana: User, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        secret, codes = set_up_app(come_in(ana))
        settings.SECRET_KEY = "the key of a desk that was set up anew"
        for code in (second.code(secret), codes[0], second.code("")):
            visitor, _page = knock("ana")
            page = after(visitor, code)
            assert page.says("p", id="code-fault") == ["This code or passkey does not fit, or was used already."]
            assert not signed_in(visitor)
        assert "HITL_SECRET_KEY is not the one that sealed it" in caplog.text

    def test_a_code_opens_once(self, ana: User) -> None:
        secret, _codes = set_up_app(come_in(ana))
        visitor, _page = knock("ana")
        other, _page = knock("ana")
        code = second.code(secret)
        after(visitor, code)
        page = after(other, code)
        assert (signed_in(visitor), signed_in(other)) == (True, False)
        assert page.says("p", id="code-fault") == ["This code or passkey does not fit, or was used already."]

    @pytest.mark.parametrize(("steps", "pages"), [(-2, 302), (-1, 200), (1, 200), (2, 302)])
    def test_clocks_may_differ_by_one_step(self, ana: User, steps: int, pages: int) -> None:
        with time_machine.travel(time.time() // 30 * 30 + 15, tick=False):
            secret, _codes = set_up_app(come_in(ana))
            visitor, _page = knock("ana")
            after(visitor, second.code(secret, at=time.time() + steps * second.STEP))
            assert visitor.open("/").status == pages

    def test_a_code_that_is_accepted_a_step_early_is_used_up_for_all_its_steps(self, ana: User) -> None:
        with time_machine.travel(time.time() // 30 * 30 + 15, tick=False) as clockwork:
            secret, _codes = set_up_app(come_in(ana))
            early = second.code(secret, at=time.time() + second.STEP)
            first, _page = knock("ana")
            later, _page = knock("ana")
            after(first, early)
            clockwork.shift(2 * second.STEP - 1)
            after(later, early)
            assert (signed_in(first), signed_in(later)) == (True, False)

    def test_guessing_codes_ends_soon_and_is_recorded_without_them(self, ana: User) -> None:
        secret, _codes = set_up_app(come_in(ana))
        visitor, _page = knock("ana")
        wrong = second.wrong(secret)
        for _each in range(6):
            after(visitor, wrong)
        after(visitor, second.code(secret))
        assert not signed_in(visitor)
        failed = Entry.objects.filter(kind="user.sign_in_failed")
        assert [entry.subject for entry in failed] == [f"user:{ana.reference}"] * 6
        assert [entry for entry in failed if wrong in str(entry.data)] == []

    def test_its_secret_is_not_stored_in_the_clear(self, ana: User) -> None:
        secret, codes = set_up_app(come_in(ana))
        stored = " ".join(str(each.data) for each in Authenticator.objects.all())
        assert [word for word in (secret, *codes) if word in stored] == []

    def test_it_is_removed_after_showing_who_one_is(self, ana: User) -> None:
        visitor = come_in(ana)
        set_up_app(visitor)
        page = visitor.open(f"{APP}remove/")
        send(visitor, page)
        assert (factors.of(ana), kinds(ana)[-1]) == ([], "user.factor_removed")
        other, _page = knock("ana")
        assert signed_in(other)


class TestRecoveryCodes:
    """For the day on which the phone is gone."""

    def test_each_opens_once_and_is_recorded(self, ana: User) -> None:
        _secret, codes = set_up_app(come_in(ana))
        first, _page = knock("ana")
        after(first, codes[0])
        second_one, _page = knock("ana")
        after(second_one, codes[0])
        third, _page = knock("ana")
        after(third, codes[1])
        assert (signed_in(first), signed_in(second_one), signed_in(third)) == (True, False, True)
        assert kinds(ana).count("user.recovery_code_used") == 2

    def test_new_ones_replace_the_old(self, ana: User) -> None:
        visitor = come_in(ana)
        _secret, codes = set_up_app(visitor)
        page = send(visitor, visitor.open(NEW_CODES))
        new = page.says("code")
        other, _page = knock("ana")
        after(other, codes[0])
        assert (len(new), signed_in(other), kinds(ana)[-2]) == (10, False, "user.recovery_codes_made")
        after(other, new[0])
        assert signed_in(other)


class TestShowingAgainWhoOneIs:
    """Changes of the account need a fresh sign-in, or the password once more."""

    @pytest.mark.parametrize("address", [APP, "/account/second-factor/passkey/"])
    def test_some_time_after_signing_in_the_password_is_asked_for_again(self, ana: User, address: str) -> None:
        with time_machine.travel(time.time(), tick=False) as clockwork:
            visitor = come_in(ana)
            assert visitor.open(address).status == 200
            clockwork.shift(301)
            page = follow(visitor, address)
            assert page.says("h1") == ["Confirm that it is you"]
            assert send(visitor, page, password="wrong").says("h1") == ["Confirm that it is you"]
            assert send(visitor, page, password=PASSWORD).response.redirect_chain == [(address, 302)]

    def test_a_token_that_was_asked_for_is_made_after_the_password(self, ana: User) -> None:
        with time_machine.travel(time.time(), tick=False) as clockwork:
            visitor = come_in(ana)
            page = visitor.open("/account/")
            clockwork.shift(301)
            asked = visitor.press(page, "Make a token", on="/account/tokens/", label="phone", days="7")
            assert (asked.says("h1"), ana.tokens.count()) == (["Confirm that it is you"], 0)
            made = send(visitor, asked, password=PASSWORD)
            assert (len(made.says("code", id="secret")), ana.tokens.get().label) == (1, "phone")

    def test_a_code_will_do_too(self, ana: User) -> None:
        with time_machine.travel(time.time(), tick=False) as clockwork:
            visitor = come_in(ana)
            secret, _codes = set_up_app(visitor)
            clockwork.shift(301)
            follow(visitor, NEW_CODES)
            page = visitor.open(f"/account/confirm/code/?next={NEW_CODES}")
            assert send(visitor, page, code=second.code(secret)).response.redirect_chain == [(NEW_CODES, 302)]

    def test_guessing_the_password_there_ends_soon(self, ana: User) -> None:
        visitor = come_in(ana)
        answers = [visitor.client.post("/account/confirm/", {"password": "wrong"}).status_code for _try in range(11)]
        assert answers == [200] * 10 + [429]


class TestRolesThatNeedOne:
    """`HITL_MFA_ROLES`: first the factor, then everything else."""

    @pytest.fixture(autouse=True)
    def _needed(self, settings: Settings) -> None:
        settings.MFA_ROLES = ["admin", "supervisor"]

    @pytest.mark.parametrize("address", ["/", "/account/", "/record/", "/account/sessions/"])
    def test_without_one_every_page_leads_to_setting_one_up(self, address: str) -> None:
        visitor = come_in(somebody("sue", "supervisor"))
        page = follow(visitor, address)
        assert page.response.redirect_chain == [("/account/second-factor/", 302)]
        assert page.says("p", class_="warn") == [
            "Your role needs a second factor. Set up an authenticator app or a passkey to go on."
        ]

    def test_so_does_the_administration(self) -> None:
        visitor = come_in(somebody("adam", "admin"))
        assert visitor.open("/admin/").response.headers["Location"] == "/account/second-factor/"

    def test_a_part_of_an_open_page_sends_the_whole_page_there(self) -> None:
        visitor = come_in(somebody("sue", "supervisor"))
        answer = visitor.client.get("/queue/changes", headers={"HX-Request": "true"})
        assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/account/second-factor/")

    def test_afterwards_everything_is_open_on_pages_and_sockets(self) -> None:
        visitor = come_in(somebody("sue", "supervisor"))
        before = hears(visitor)
        set_up_app(visitor)
        assert (before, hears(visitor), signed_in(visitor)) == (False, True, True)

    def test_one_can_always_sign_out(self) -> None:
        visitor = come_in(somebody("sue", "supervisor"))
        visitor.press(visitor.open("/account/second-factor/"), "Sign out", on="/sign-out/")
        assert visitor.open("/account/second-factor/").response.headers["Location"].startswith("/sign-in/")

    def test_other_roles_are_not_bothered(self, ana: User) -> None:
        assert signed_in(come_in(ana))

    def test_the_last_one_stays(self) -> None:
        sue = somebody("sue", "supervisor")
        visitor = come_in(sue)
        set_up_app(visitor)
        page = send(visitor, visitor.open(f"{APP}remove/"))
        assert page.says("p", class_="bad") == ["Your role needs a second factor: set up another one first."]
        assert {each.type for each in factors.of(sue)} == {"totp", "recovery_codes"}

    def test_an_administrator_removes_it_for_who_lost_it_and_is_named(self, ana: User) -> None:
        adam = somebody("adam", "admin", first_name="Adam", last_name="Frei")
        set_up_app(come_in(ana))
        visitor = come_in(adam)
        set_up_app(visitor)
        chosen = {"action": "remove_factors", "_selected_action": [ana.pk]}
        visitor.client.post("/admin/accounts/user/", chosen)
        last = Entry.objects.filter(subject=f"user:{ana.reference}").latest("seq")
        assert (factors.of(ana), last.kind, last.actor.name) == ([], "user.factor_removed", "Adam F.")

    def test_looking_costs_nobody_else_a_query(self, ana: User, django_assert_num_queries) -> None:
        with django_assert_num_queries(0):
            assert factors.lacking([ana]) == set()

    def test_removing_them_ends_the_sessions(self) -> None:
        sue = somebody("sue", "supervisor")
        visitor = come_in(sue)
        set_up_app(visitor)
        factors.remove_all(sue, actor=by(sue), at=clock.now())
        assert not signed_in(visitor)


class TestRisksThatTakeOne:
    """`HITL_STEP_UP_RISKS`: at these risks the password alone lets no agent act."""

    @pytest.fixture(autouse=True)
    def _asked(self, settings: Settings) -> None:
        settings.STEP_UP_RISKS = ["low"]
        factories.policy(risk_levels=[{"match": {}, "level": "low"}])

    def test_the_password_alone_lets_nothing_run_and_a_code_does(self, ana: User) -> None:
        visitor = come_in(ana)
        secret, _codes = set_up_app(visitor)
        case = factories.claimed(ana)
        page = visitor.press(visitor.open(f"/cases/{case.pk}/"), "Approve", on=f"/cases/{case.pk}/decide")
        says = "At this risk the agent is let act only in the browser, signed in with a second factor."
        assert (says in page.text, Decision.objects.count()) == (True, 0)
        visitor, _page = knock("ana")
        after(visitor, second.code(secret))
        visitor.press(visitor.open(f"/cases/{case.pk}/"), "Approve", on=f"/cases/{case.pk}/decide")
        assert Decision.objects.get().type == "approve"
