"""Where somebody is signed in, for how long, and what happens when they leave."""

import time
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import RequestFactory
from pytest_django import Settings

from audit.models import Entry
from hitl import tasks
from hitl.accounts import browsers, sessions, tokens
from hitl.accounts.models import SignIn, User
from reviewqueue.domain.people import by
from reviewqueue.models import Case, State
from reviewqueue.queries import clock
from tests import factories
from tests.accounts.conftest import PASSWORD, somebody
from tests.accounts.visitors import browser, come_in, follow, hears, knock, signed_in
from tests.web.pages import Page, Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.covers("R91")]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Safari/604.1"
PAGE = "/account/sessions/"


def state_of(case: Case) -> tuple[str, User | None]:
    case.refresh_from_db()
    return case.state, case.claimed_by


class TestTheList:
    """Every browser, with the means to end it."""

    def test_it_says_where_and_which_is_this_one(self, ana: User) -> None:
        here, _page = knock(ana.username, visitor=browser(FIREFOX))
        knock(ana.username, visitor=browser(SAFARI))
        rows = here.open(PAGE).says("td")
        assert rows[::5] == ["Safari on iPhone", "Firefox on Linux this one"]
        assert rows.count("127.0.0.1") == 2

    @pytest.mark.parametrize("count", [1, 3])
    def test_it_takes_as_many_queries_however_long_it_is(
        self, ana: User, count: int, django_assert_num_queries
    ) -> None:
        visitors = [come_in(ana) for _each in range(count)]
        with django_assert_num_queries(3):
            assert visitors[0].open(PAGE).source.count("127.0.0.1") == count

    def test_one_is_ended_and_the_others_go_on(self, ana: User) -> None:
        here, third = come_in(ana), come_in(ana)
        there, _page = knock("ana", visitor=browser(SAFARI))
        chosen = SignIn.objects.get(session=there.client.session.session_key)
        page = here.press(here.open(PAGE), "End Safari on iPhone", on=f"{PAGE}{chosen.pk}/end/")
        assert page.says("li", class_="success") == ["The session has ended."]
        assert (hears(here), hears(there), hears(third)) == (True, False, True)
        assert (signed_in(here), signed_in(there), signed_in(third)) == (True, False, True)
        assert (
            Entry.objects.filter(kind="user.session_ended").get().sentence
            == "Ana R. ended a session in another browser"
        )

    def test_all_others_are_ended_at_once(self, ana: User) -> None:
        here, there, third = come_in(ana), come_in(ana), come_in(ana)
        page = here.press(here.open(PAGE), "End all others", on=f"{PAGE}end-others/")
        assert page.says("li", class_="success") == ["2 sessions have ended."]
        assert (signed_in(here), signed_in(there), signed_in(third)) == (True, False, False)

    def test_nobody_ends_the_session_of_somebody_else(self, ana: User) -> None:
        ben = come_in(somebody("ben"))
        anas = come_in(ana)
        chosen = SignIn.objects.get(user=ana)
        assert (ben.client.post(f"{PAGE}{chosen.pk}/end/").status_code, signed_in(anas)) == (404, True)

    def test_it_shows_no_session_that_is_over(self, ana: User) -> None:
        come_in(ana)
        sessions.revoke(ana)
        here = come_in(User.objects.get(pk=ana.pk))
        Session.objects.exclude(pk=here.client.session.session_key).update(
            expire_date=clock.now() - timedelta(seconds=1)
        )
        assert here.open(PAGE).source.count("127.0.0.1") == 1

    def test_a_new_password_keeps_this_one_in_the_list(self, ana: User) -> None:
        here, there = come_in(ana), come_in(ana)
        new = {
            "old_password": PASSWORD,
            "new_password1": "another-invented-one",
            "new_password2": "another-invented-one",
        }
        Page(here.client.post("/account/password/", new, follow=True))
        assert [one.session for one in SignIn.objects.all()] == [here.client.session.session_key]
        assert (signed_in(there), here.open(PAGE).source.count("this one")) == (False, 1)


class TestLimits:
    """Idle for an hour, or twelve hours in any case."""

    @pytest.mark.parametrize(("minutes", "seen"), [(59, [True, True]), (61, [False, False])])
    def test_whoever_does_nothing_for_an_hour_is_out_on_pages_and_sockets(
        self, ana: User, minutes: int, seen: list[bool]
    ) -> None:
        with time_machine.travel(time.time(), tick=False) as clockwork:
            visitor = come_in(ana)
            socket = hears(visitor, ahead=minutes * 60)
            clockwork.shift(minutes * 60)
            assert [socket, signed_in(visitor)] == seen

    def test_whoever_works_stays_but_not_for_ever(self, ana: User) -> None:
        with time_machine.travel(time.time(), tick=False) as clockwork:
            visitor = come_in(ana)
            stayed = 0
            while signed_in(visitor):
                clockwork.shift(30 * 60)
                stayed += 30
            assert stayed == 12 * 60

    def test_a_page_that_looks_for_news_by_itself_keeps_nobody_in(self, ana: User) -> None:
        with time_machine.travel(time.time(), tick=False) as clockwork:
            visitor = come_in(ana)
            for _each in range(3):
                clockwork.shift(25 * 60)
                visitor.client.get("/", headers={"HX-Request": "true"})
            assert not signed_in(visitor)

    @pytest.mark.parametrize(("doing", "stays"), [("idle", False), ("left", False), ("viewing", True)])
    def test_an_open_case_keeps_in_only_who_moves(self, ana: User, doing: str, *, stays: bool) -> None:
        with time_machine.travel(time.time(), tick=False) as clockwork:
            visitor, case = come_in(ana), factories.case()
            for _each in range(3):
                clockwork.shift(25 * 60)
                visitor.client.post(f"/cases/{case.pk}/presence", {"doing": doing}, headers={"HX-Request": "true"})
            assert signed_in(visitor) is stays

    def test_the_operator_chooses_both(self, ana: User, settings: Settings) -> None:
        settings.IDLE_SECONDS, settings.SESSION_COOKIE_AGE = 60, 100
        with time_machine.travel(time.time(), tick=False) as clockwork:
            visitor = come_in(ana)
            clockwork.shift(50)
            assert signed_in(visitor)
            clockwork.shift(49)
            assert signed_in(visitor)
            clockwork.shift(2)
            assert not signed_in(visitor)

    def test_being_there_is_written_down_once_a_minute(self, ana: User) -> None:
        with time_machine.travel(time.time(), tick=False) as clockwork:
            visitor = come_in(ana)
            began = SignIn.objects.get().seen_at
            clockwork.shift(59)
            visitor.open("/")
            assert SignIn.objects.get().seen_at == began
            clockwork.shift(1)
            visitor.open("/")
            assert SignIn.objects.get().seen_at == began + timedelta(seconds=60)

    def test_sessions_that_are_over_are_forgotten(self, ana: User) -> None:
        come_in(ana)
        Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))
        here = come_in(ana)
        tasks.ring_housekeeping()
        assert [one.session for one in SignIn.objects.all()] == [here.client.session.session_key]


class TestLeaving:
    """Whoever has left every browser holds no case."""

    @pytest.fixture
    def case(self, ana: User) -> Case:
        return factories.claimed(ana)

    def test_signing_out_hands_back_what_one_holds_and_is_recorded(self, ana: User, case: Case) -> None:
        visitor = come_in(ana)
        visitor.press(visitor.open("/account/"), "Sign out", on="/sign-out/")
        assert (signed_in(visitor), state_of(case)) == (False, (State.QUEUED, None))
        assert Entry.objects.get(kind="user.left").sentence == "Ana R. signed out"

    def test_with_another_browser_open_the_case_stays(self, ana: User, case: Case) -> None:
        visitor = come_in(ana)
        other = come_in(ana)
        visitor.client.post("/sign-out/")
        assert (signed_in(other), state_of(case)) == (True, (State.CLAIMED, ana))

    def test_a_token_in_use_counts_as_being_there(self, ana: User, case: Case) -> None:
        _token, secret = tokens.make(ana, label="phone", at=clock.now())
        tokens.find(secret, clock.now())
        come_in(ana).client.post("/sign-out/")
        assert state_of(case) == (State.CLAIMED, ana)

    def test_ending_the_last_session_from_outside_hands_back_too(self, ana: User, case: Case) -> None:
        come_in(ana)
        sessions.end(SignIn.objects.all(), actor=by(ana), at=clock.now())
        assert state_of(case) == (State.QUEUED, None)

    def test_a_session_that_was_revoked_leaves_without_a_second_entry(self, ana: User) -> None:
        visitor = come_in(ana)
        sessions.revoke(ana)
        visitor.open("/")
        assert not Entry.objects.filter(kind="user.left").exists()

    def test_signing_out_takes_a_form(self, ana: User) -> None:
        visitor = come_in(ana)
        assert (visitor.open("/sign-out/").status, signed_in(visitor)) == (405, True)

    def test_the_administration_has_the_same_doors(self) -> None:
        adam = somebody("adam", "admin")
        assert follow(Visitor(), "/admin/").response.redirect_chain[-1][0].startswith("/sign-in/?next=")
        visitor = come_in(adam)
        assert visitor.open("/admin/").status == 200
        assert visitor.open("/admin/password_change/").response.headers["Location"] == "/account/password/"
        visitor.client.post("/admin/logout/")
        assert Entry.objects.filter(kind="user.left").count() == 1


class TestFailedTries:
    """On record, without what was typed."""

    def test_a_wrong_password_is_recorded_with_the_account(self, ana: User) -> None:
        knock("ana", password="not-her-password")
        entry = Entry.objects.get(kind="user.sign_in_failed")
        assert (entry.subject, entry.data["means"], entry.sentence) == (
            f"user:{ana.reference}",
            "password",
            "A try to sign in failed",
        )
        assert "not-her-password" not in str(entry.data)

    def test_an_unknown_name_is_recorded_without_the_name(self) -> None:
        knock("hunter2-typed-in-the-wrong-field")
        entry = Entry.objects.get(kind="user.sign_in_failed")
        assert (entry.subject, "hunter2" in str(entry.data)) == ("user:unknown", False)

    def test_the_desk_can_be_signed_into_by_one_password_step(self, ana: User) -> None:
        _visitor, page = knock(ana.username)
        assert page.response.redirect_chain == [("/", 302)]
        assert Entry.objects.get(kind="user.signed_in").data["by"] == ["password"]


@pytest.mark.parametrize(
    ("header", "meta", "found"),
    [
        ("", {"REMOTE_ADDR": "192.0.2.7", "HTTP_X_FORWARDED_FOR": "198.51.100.1"}, "192.0.2.7"),
        ("HTTP_X_REAL_IP", {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_REAL_IP": "2001:db8::1"}, "2001:db8::1"),
        ("HTTP_X_FORWARDED_FOR", {"HTTP_X_FORWARDED_FOR": "203.0.113.9, 192.0.2.7"}, "192.0.2.7"),
        ("HTTP_X_REAL_IP", {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_REAL_IP": "<script>"}, ""),
        ("", {"REMOTE_ADDR": ""}, ""),
    ],
)
def test_only_the_header_that_the_operator_names_is_believed(
    settings: Settings, header: str, meta: dict[str, str], found: str
) -> None:
    settings.PROXY_ADDRESS_HEADER = header
    request = RequestFactory().get("/")
    request.META.update(meta)
    assert browsers.address(request) == found


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "Unknown browser"),
        ("<b>", "Unknown browser"),
    ],
)
def test_browsers_are_named_in_words(said: str, named: str) -> None:
    assert browsers.named(said) == named
