"""The door and one's own account."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from audit.models import Entry
from hitl.accounts import attempts, sessions, tokens
from hitl.accounts.models import PersonalToken, SignInAttempts, User
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
PASSWORD = "an-invented-password"


@pytest.fixture
def ana() -> User:
    """Somebody with a password."""
    user = factories.person(username="ana", first_name="Ana", last_name="Ruiz")
    user.set_password(PASSWORD)
    user.save()
    return user


def knock(visitor: Visitor, name: str, password: str, *, at: str = "/sign-in/") -> Page:
    """Fill in the door's form."""
    return visitor.press(visitor.open(at), "Sign in", on="/sign-in/", username=name, password=password)


class TestSigningIn:
    """Name and password, the same answer for all that is wrong, and not for ever."""

    @pytest.mark.usefixtures("ana")
    def test_the_right_password_opens_the_queue_and_is_recorded(self) -> None:
        page = knock(Visitor(), "ana", PASSWORD)
        assert (page.response.redirect_chain, page.says("h1")) == ([("/", 302)], ["All open"])
        assert Entry.objects.get(kind="user.signed_in").sentence == "Ana R. signed in"

    @pytest.mark.usefixtures("ana")
    def test_one_gets_where_one_wanted_to_go(self) -> None:
        page = knock(Visitor(), "ana", PASSWORD, at="/sign-in/?next=/account/")
        assert page.response.redirect_chain == [("/account/", 302)]

    @pytest.mark.parametrize("elsewhere", ["https://evil.example.net/", "//evil.example.net", "javascript:alert(1)"])
    @pytest.mark.usefixtures("ana")
    def test_nobody_is_sent_elsewhere(self, elsewhere: str) -> None:
        page = knock(Visitor(), "ana", PASSWORD, at=f"/sign-in/?next={elsewhere}")
        assert page.response.redirect_chain == [("/", 302)]

    @pytest.mark.usefixtures("ana")
    def test_wrong_name_wrong_password_and_a_switched_off_account_are_answered_alike(self) -> None:
        off = factories.person(username="off", is_active=False)
        off.set_password(PASSWORD)
        off.save()
        answers = [knock(Visitor(), *pair) for pair in (("ana", "wrong"), ("nobody", PASSWORD), ("off", PASSWORD))]
        said = {(page.status, page.says("p", id="sign-in-fault")[0]) for page in answers}
        assert said == {(200, "This name and password do not fit together.")}
        assert len({len(page.text) for page in answers}) == 1

    @pytest.mark.usefixtures("ana")
    def test_after_ten_tries_one_waits_with_the_right_password_too(self) -> None:
        visitor = Visitor()
        for _each in range(attempts.PER_ACCOUNT):
            knock(visitor, "ana", "wrong")
        page = knock(visitor, "Ana ", PASSWORD)
        assert (page.status, page.response.headers["Retry-After"] > "0") == (429, True)
        assert page.says("p", class_="bad") == ["Too many tries. Wait 15 minutes and try again."]

    def test_an_account_that_does_not_exist_is_counted_in_the_same_way(self) -> None:
        visitor = Visitor()
        pages = [knock(visitor, "nobody", "wrong").status for _each in range(attempts.PER_ACCOUNT + 1)]
        assert pages == [200] * attempts.PER_ACCOUNT + [429]

    @pytest.mark.usefixtures("ana")
    def test_a_good_password_clears_the_count(self) -> None:
        for _each in range(attempts.PER_ACCOUNT - 1):
            knock(Visitor(), "ana", "wrong")
        knock(Visitor(), "ana", PASSWORD)
        assert knock(Visitor(), "ana", "wrong").status == 200

    @pytest.mark.usefixtures("ana")
    def test_waiting_helps(self) -> None:
        at = factories.now()
        for _each in range(attempts.PER_ACCOUNT):
            attempts.begin("ana", "127.0.0.1", at=at)
        assert attempts.begin("ana", "127.0.0.1", at=at + timedelta(minutes=5)) == timedelta(minutes=10)
        assert attempts.begin("ana", "127.0.0.1", at=at + attempts.WINDOW) is None

    def test_one_address_cannot_try_every_account(self) -> None:
        at = factories.now()
        waits = [attempts.begin(f"name{n}", "10.0.0.1", at=at) for n in range(attempts.PER_ADDRESS + 1)]
        assert (waits[-2], waits[-1]) == (None, attempts.WINDOW)
        assert attempts.begin("name0", "10.0.0.2", at=at) is None

    @pytest.mark.usefixtures("ana")
    def test_what_is_counted_names_nobody(self) -> None:
        knock(Visitor(), "ana", "wrong")
        assert not [row for row in SignInAttempts.objects.all() if "ana" in row.key]

    def test_whoever_is_signed_in_does_not_see_the_door(self, visit: Visit) -> None:
        assert visit().open("/sign-in/").response.headers["Location"] == "/"

    def test_signing_out_ends_it(self, visit: Visit) -> None:
        visitor = visit()
        visitor.press(visitor.open("/account/"), "Sign out", on="/sign-out/")
        assert visitor.open("/").status == 302

    @pytest.mark.covers("R91")
    def test_a_session_whose_owner_lost_their_rights_is_over_at_the_next_request(self, visit: Visit) -> None:
        visitor = visit()
        assert visitor.open("/").status == 200
        sessions.revoke(visitor.user)
        assert visitor.open("/").status == 302


class TestAccount:
    """Tokens, language, appearance, password."""

    def test_a_token_is_shown_once(self, visit: Visit) -> None:
        visitor = visit()
        page = visitor.press(visitor.open("/account/"), "Make a token", on="/account/tokens/", label="phone", days="7")
        (secret,) = page.says("code", id="secret")
        token = PersonalToken.objects.get()
        assert (token.label, tokens.find(secret, factories.now())) == ("phone", visitor.user)
        assert page.response.headers["Cache-Control"].split(", ")[-2:] == ["must-revalidate", "private"]
        again = visitor.open("/account/")
        assert secret not in again.source
        assert token.hint in again.text

    def test_a_token_without_a_use_is_refused(self, visit: Visit) -> None:
        visitor = visit()
        page = visitor.press(visitor.open("/account/"), "Make a token", on="/account/tokens/", days="0")
        assert (page.status, page.says("span", class_="fault"), PersonalToken.objects.count()) == (
            422,
            ["This field is required.", "Ensure this value is greater than or equal to 1."],
            0,
        )

    def test_a_token_is_revoked_by_its_owner_only(self, visit: Visit) -> None:
        visitor, other = visit(), visit()
        token, secret = tokens.make(visitor.user, label="phone", at=factories.now())
        address = f"/account/tokens/{token.pk}/revoke/"
        assert other.client.post(address).status_code == 404
        assert tokens.find(secret, factories.now()) == visitor.user
        visitor.press(visitor.open("/account/"), "Revoke phone", on=address)
        assert tokens.find(secret, factories.now()) is None

    def test_language_and_appearance_stay_in_the_browser(self, visit: Visit) -> None:
        visitor = visit()
        page = visitor.press(visitor.open("/account/"), "Save", on="/account/preferences/", language="de", theme="dark")
        (html,) = page.all("html")
        assert (html.attributes["lang"], html.attributes["data-theme"]) == ("de", "dark")

    def test_a_preference_that_does_not_exist_changes_nothing(self, visit: Visit) -> None:
        visitor = visit()
        visitor.client.post("/account/preferences/", {"language": "xx", "theme": "<b>"})
        visitor.client.cookies["theme"] = "<b>"
        (html,) = visitor.open("/account/").all("html")
        assert (html.attributes["lang"], html.attributes["data-theme"]) == ("en", "auto")

    @pytest.mark.usefixtures("ana")
    def test_a_new_password_ends_the_other_sessions(self) -> None:
        here, there = Visitor(), Visitor()
        knock(here, "ana", PASSWORD)
        knock(there, "ana", PASSWORD)
        new = {
            "old_password": PASSWORD,
            "new_password1": "another-invented-one",
            "new_password2": "another-invented-one",
        }
        page = Page(here.client.post("/account/password/", new, follow=True))
        assert page.says("li", class_="success") == ["Your password is changed. Your other sessions have ended."]
        assert (here.open("/").status, there.open("/").status) == (200, 302)

    @pytest.mark.usefixtures("ana")
    def test_a_session_does_not_last_for_ever(self) -> None:
        visitor = Visitor()
        knock(visitor, "ana", PASSWORD)
        with time_machine.travel(factories.now() + timedelta(hours=13)):
            assert visitor.open("/").status == 302
