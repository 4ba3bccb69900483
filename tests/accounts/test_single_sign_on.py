"""Single sign-on against a provider on this machine, over real HTTP."""

from collections.abc import Iterator

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount
from pytest_django import Settings

from audit.models import Entry
from hitl import env
from hitl.accounts.models import User
from tests.accounts import provider, second
from tests.accounts.conftest import somebody
from tests.accounts.provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.accounts.visitors import STEP, come_in, set_up_app, signed_in
from tests.web.pages import Page, Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.covers("R91")]
DOOR = "/sign-in/single-sign-on/"
REFUSED = ["This did not work. Ask an administrator whether your account is ready."]


@pytest.fixture(scope="module")
def house() -> Iterator[Provider]:
    """The provider."""
    with provider.running() as running:
        yield running


@pytest.fixture(autouse=True)
def _offered(house: Provider, settings: Settings) -> None:
    settings.OIDC_ISSUER, settings.OIDC_NAME = house.url, "Example Corp"
    settings.SOCIALACCOUNT_PROVIDERS = env.single_sign_on(house.url, CLIENT_ID, CLIENT_SECRET, "Example Corp")
    house.asked.clear()


def come_back(visitor: Visitor, *, where: str = DOOR) -> Page:
    """To the provider, and back with what it says."""
    away = visitor.open(where).response.headers["Location"]
    back = httpx.get(away).headers["Location"].removeprefix("http://testserver")
    return Page(visitor.client.get(back, follow=True))


def test_the_door_offers_it_by_name() -> None:
    (link,) = [each for each in Visitor().open("/sign-in/?next=/account/").all("a") if DOOR in each.attributes["href"]]
    assert (link.text, link.attributes["href"]) == ("Sign in with Example Corp", f"{DOOR}?next=%2Faccount%2F")


def test_without_a_provider_there_is_no_such_door(settings: Settings) -> None:
    settings.OIDC_ISSUER = ""
    assert "single-sign-on" not in Visitor().open("/sign-in/").source
    assert Visitor().open(DOOR).status == 404
    assert Visitor().open(f"{DOOR}sso/return/?code=x&state=y").status == 404


def test_somebody_who_exists_comes_in_by_their_address_and_is_recorded(ana: User, house: Provider) -> None:
    house.says("subject-1", "Ana@Shop.Example")
    visitor = Visitor()
    page = come_back(visitor, where=f"{DOOR}?next=/account/")
    assert (page.response.redirect_chain[-1], signed_in(visitor)) == (("/account/", 302), True)
    kinds = Entry.objects.filter(subject=f"user:{ana.reference}").order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["user.identity_linked", "user.signed_in"]
    assert Entry.objects.get(kind="user.signed_in").data["by"] == ["single sign-on"]


def test_what_is_asked_is_bound_to_this_browser_and_this_desk(ana: User, house: Provider) -> None:
    house.says("subject-1", ana.email)
    come_back(Visitor())
    (asked,) = house.asked
    assert (asked["client_id"], asked["code_challenge_method"], sorted(asked["scope"].split())) == (
        CLIENT_ID,
        "S256",
        ["email", "openid", "profile"],
    )
    assert asked["redirect_uri"] == f"http://testserver{DOOR}sso/return/"


def test_the_next_time_the_identity_counts_and_no_longer_the_address(ana: User, house: Provider) -> None:
    house.says("subject-1", ana.email)
    come_back(Visitor())
    ben = somebody("ben", email="ben@shop.example")
    house.says("subject-1", ben.email)
    visitor = Visitor()
    come_back(visitor)
    assert visitor.client.session["_auth_user_id"] == str(ana.pk)


def test_nothing_is_kept_but_a_digest_of_the_identity(ana: User, house: Provider) -> None:
    house.says("subject-1", ana.email, given_name="Ana", phone_number="+49 30 1234")
    come_back(Visitor())
    kept = SocialAccount.objects.get()
    assert (kept.user, kept.extra_data, len(kept.uid), "subject-1" in kept.uid) == (ana, {}, 64, False)


def test_the_same_subject_of_another_issuer_is_somebody_else(ana: User, house: Provider) -> None:
    house.says("subject-1", ana.email)
    come_back(Visitor())
    with provider.running() as other:
        other.says("subject-1", "mallory@elsewhere.example")
        settings_of = env.single_sign_on(other.url, CLIENT_ID, CLIENT_SECRET, "Other")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("django.conf.settings.SOCIALACCOUNT_PROVIDERS", settings_of)
            visitor = Visitor()
            page = come_back(visitor)
    assert (page.says("p", role="alert")[:1], signed_in(visitor)) == (REFUSED, False)


class TestWhoIsTurnedAway:
    """One answer for all."""

    def refused(self) -> None:
        visitor = Visitor()
        page = come_back(visitor)
        assert (page.says("p", role="alert")[:1], page.says("p", class_="bad")) == (REFUSED, REFUSED)
        assert (signed_in(visitor), Entry.objects.filter(kind="user.sign_in_failed").count()) == (False, 1)
        assert User.objects.filter(username__contains="@").count() == 0

    def test_a_stranger(self, house: Provider) -> None:
        house.says("subject-2", "stranger@shop.example")
        self.refused()

    def test_an_address_that_the_provider_has_not_verified(self, ana: User, house: Provider) -> None:
        house.says("subject-2", ana.email, verified=False)
        self.refused()

    def test_an_address_of_which_it_does_not_say_whether_it_is_verified(self, ana: User, house: Provider) -> None:
        house.says("subject-2", ana.email)
        del house.claims["email_verified"]
        self.refused()

    def test_an_address_that_two_people_share(self, ana: User, house: Provider) -> None:
        somebody("ben", email=ana.email.upper())
        house.says("subject-2", ana.email)
        self.refused()

    def test_somebody_whose_account_is_switched_off(self, ana: User, house: Provider) -> None:
        house.says("subject-1", ana.email)
        come_back(Visitor())
        User.objects.filter(pk=ana.pk).update(is_active=False)
        self.refused()

    def test_somebody_who_changes_their_mind_at_the_provider(self, house: Provider) -> None:
        house.says("subject-1", "ana@shop.example")
        house.refuses = True
        self.refused()

    @pytest.mark.parametrize(
        "wrong",
        [{"iss": "http://evil.example"}, {"aud": "another-client"}, {"exp": 1}, {"sub": None}],
        ids=["issuer", "audience", "expiry", "subject"],
    )
    def test_a_token_for_something_else(self, ana: User, house: Provider, wrong: dict[str, object]) -> None:
        house.says("subject-1", ana.email)
        house.changes = wrong
        self.refused()

    def test_a_token_with_a_signature_of_somebody_else(self, ana: User, house: Provider) -> None:
        house.says("subject-1", ana.email)
        house.wrong_key = True
        self.refused()

    def test_a_second_source_that_speaks_of_somebody_else(self, ana: User, house: Provider) -> None:
        house.says("subject-1", ana.email)
        house.info = {"sub": "subject-9"}
        self.refused()

    def test_an_answer_that_this_browser_did_not_ask_for(self, ana: User, house: Provider) -> None:
        house.says("subject-1", ana.email)
        away = Visitor().open(DOOR).response.headers["Location"]
        back = httpx.get(away).headers["Location"].removeprefix("http://testserver")
        other = Visitor()
        page = Page(other.client.get(back, follow=True))
        assert (page.says("p", class_="bad"), signed_in(other)) == (REFUSED, False)

    @pytest.mark.parametrize("process", ["connect", "redirect"])
    def test_nobody_ties_an_identity_to_the_account_of_the_open_browser(
        self, ana: User, house: Provider, process: str
    ) -> None:
        visitor = come_in(ana)
        house.says("subject-7", "mallory@shop.example")
        come_back(visitor, where=f"{DOOR}?process={process}")
        assert SocialAccount.objects.count() == 0


class TestOperatorsChoices:
    """What the settings change."""

    def test_a_directory_whose_addresses_are_trusted_need_not_say_so(
        self, ana: User, house: Provider, settings: Settings
    ) -> None:
        settings.OIDC_TRUST_EMAIL = True
        house.says("subject-1", ana.email)
        del house.claims["email_verified"]
        visitor = Visitor()
        come_back(visitor)
        assert visitor.client.session["_auth_user_id"] == str(ana.pk)

    def test_new_people_are_made_in_the_chosen_role_without_queues_and_password(
        self, house: Provider, settings: Settings
    ) -> None:
        settings.OIDC_CREATE = "reviewer"
        house.says("subject-5", "nora@shop.example", given_name="Nora", family_name="Quist")
        visitor = Visitor()
        come_back(visitor)
        nora = User.objects.get(username="nora@shop.example")
        assert (nora.display, nora.role, nora.all_queues, nora.has_usable_password()) == (
            "Nora Q.",
            "reviewer",
            False,
            False,
        )
        assert signed_in(visitor)
        assert Entry.objects.filter(kind="user.created", subject=f"user:{nora.reference}").count() == 1
        assert "/account/password/" not in visitor.open("/account/").source

    def test_nobody_is_made_twice(self, house: Provider, settings: Settings) -> None:
        settings.OIDC_CREATE = "reviewer"
        house.says("subject-5", "nora@shop.example")
        come_back(Visitor())
        come_back(Visitor())
        assert User.objects.filter(email="nora@shop.example").count() == 1


def test_who_set_up_a_second_factor_is_asked_for_it_here_too(ana: User, house: Provider) -> None:
    secret, _codes = set_up_app(come_in(ana))
    house.says("subject-1", ana.email)
    visitor = Visitor()
    page = come_back(visitor)
    assert (page.response.redirect_chain[-1], signed_in(visitor)) == ((STEP, 302), False)
    visitor.press(page, "Go on", on=STEP, code=second.code(secret))
    assert Entry.objects.filter(kind="user.signed_in").latest("pk").data["by"] == [
        "single sign-on",
        "authenticator app",
    ]


def test_a_provider_that_does_not_answer_is_an_answer_too(settings: Settings) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = env.single_sign_on("http://127.0.0.1:9", CLIENT_ID, CLIENT_SECRET, "Nobody")
    page = Page(Visitor().client.get(DOOR, follow=True))
    assert page.says("p", class_="bad") == ["The sign-in service does not answer. Try again, or use your password."]
