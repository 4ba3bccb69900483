"""The policy as people read it, and the admin's pages on which it is changed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.forms import BoundField
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from reviewqueue.admin.draft_forms import STARTING
from reviewqueue.admin.rule_parts import RuleParts
from reviewqueue.domain import policy_drafts
from reviewqueue.engine.blueprints import blueprints
from reviewqueue.engine.editing import GROUPS
from reviewqueue.engine.policy import parse
from reviewqueue.engine.starting import NAMES, starting_policy
from reviewqueue.models import PolicyDraft, PolicyVersion
from tests import factories
from tests.engine import given
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
DRAFTS = "/admin/reviewqueue/policydraft/"
SCOPE = {
    "agent": ["shop-bot"],
    "owner": "adam",
    "review_by": "2027-01-31",
    "authorised": ["faq", "store hours"],
    "by_confidence": [{"intent": ["refund"], "at_least": 0.8}, {"intent": "exchange", "at_least": "0.95"}],
}


BUDGET = {"name": "refunds", "match": {"action": "refund*"}, "per": ["customer"], "within": "day", "sum": "300.00"}
COUNT = {"name": "burst", "within": "minute", "count": 0, "counts": "proposed", "pause": "agent", "outcome": "handoff"}
CHAT = {
    "match": {"channel": "chat"},
    "message": {"en": "A colleague looks.", "fr": "Un collègue regarde."},
    "seconds": 900,
    "then": "chat",
    "queue": "talk",
}
CALL = {"match": {}, "seconds": 5425, "then": "callback", "say": {"de": "Dürfen wir anrufen?"}}
FEW = {"legal-threat", "erasure", "angry", "refund-over-limit", "low-confidence"}


@pytest.fixture
def admin(visit: Visit) -> Visitor:
    rules = [rule for rule in starting_policy()["triggers"] if rule["name"] in FEW]
    factories.policy(triggers=rules, oversight=starting_policy()["oversight"], scopes=[SCOPE], undo_seconds=10)
    return visit("admin", first_name="Adam", username="adam")


def draft(visitor: Visitor, **changes: Any) -> PolicyDraft:
    document = PolicyVersion.objects.latest("number").document | changes
    return policy_drafts.begin(document, origin="a test", author=visitor.user, at=factories.now())


def post(visitor: Visitor, address: str, **fields: Any) -> Page:
    return Page(visitor.client.post(address, fields, follow=True))


def sent(page: Page, **changes: Any) -> dict[str, Any]:
    """The form of a rule or of the settings as a browser would send it, with changes."""
    address = next(
        e.attributes["action"] for e in page.all("form") if e.attributes.get("action", "").startswith(DRAFTS)
    )
    form = page.form(address)
    return {name: value for name, value in (form.fields | changes).items() if value is not None}


def untouched(group: str, rule: dict[str, Any]) -> dict[str, Any]:
    """What becomes of a rule whose form is sent as it is shown."""
    shown = {field.html_name: field.value() for field in all_fields(RuleParts.of(group, rule))}
    posted = QueryDict(mutable=True)
    posted.update({name: value for name, value in shown.items() if value is not None})
    parts = RuleParts.of(group, rule, posted)
    assert parts.valid()
    return parts.made()


def all_fields(parts: RuleParts) -> Iterator[BoundField]:
    """Every field of the forms of a rule, in their order."""
    yield from parts.form
    if parts.condition:
        for form in (parts.condition.how, parts.condition.rows.management_form, *parts.condition.rows.forms):
            yield from form
    if parts.costs:
        for form in (parts.costs.rows.management_form, *parts.costs.rows.forms):
            yield from form


@pytest.mark.covers("R2", "R4", "R134")
@pytest.mark.parametrize("role", ["reviewer", "supervisor", "qa_lead", "auditor", "admin"])
def test_everybody_reads_what_is_held_and_why(visit: Visit, role: str) -> None:
    factories.policy(
        triggers=[{"name": "refunds", "when": {"fact": "action.value", "over": "200.00"}, "outcome": "review"}]
    )
    page = visit(role).open("/policy/")
    assert page.status == 200
    assert "All proposals are held for a person when the value is over 200.00 EUR or unknown." in page.text
    assert ("Change it" in page.text, "What looks wrong" in page.text) == (role == "admin", role == "admin")


def test_a_visitor_who_is_not_signed_in_reads_nothing(client: Any) -> None:
    assert client.get("/policy/").status_code == 302


def test_a_version_says_what_it_changed_of_the_one_before_and_of_any_other(admin: Visitor) -> None:
    factories.policy(undo_seconds=30)
    factories.policy(undo_seconds=60)
    text = admin.open("/policy/versions/3/").text
    assert "A decision can be taken back for 60 s instead of 30 s" in text
    assert "A decision can be taken back for 60 s instead of 10 s" in admin.open("/policy/versions/3/?against=1").text
    missing = [
        admin.client.get(f"/policy/versions/{where}").status_code for where in ("9/", "3/?against=9", "3/?against=x")
    ]
    assert missing == [404, 404, 404]


def test_the_page_asks_the_same_of_the_database_for_one_version_and_for_three(admin: Visitor) -> None:
    factories.policy(undo_seconds=30)
    counts = []
    for _more in range(2):
        with CaptureQueriesContext(connection) as queries:
            admin.open("/policy/")
        counts.append(len(queries))
        factories.policy(undo_seconds=11)
        factories.policy(undo_seconds=12)
    assert counts == [16, 16]


@pytest.mark.covers("R44", "R46")
def test_a_supervisor_proposes_a_category_of_replies_on_the_page(visit: Visit) -> None:
    factories.policy()
    page = post(
        visit("supervisor"), "/policy/categories/", intents="store_hours, faq", reason="All were sent unchanged"
    )
    assert "Proposed." in page.text
    rule = PolicyDraft.objects.get(state="submitted").document["oversight"][0]
    assert (rule["match"], rule["mode"]) == ({"kind": ["reply"], "intent": ["store_hours", "faq"]}, "out_of_the_loop")
    refused = Page(visit("reviewer").client.post("/policy/categories/", {"intents": "faq", "reason": "why"}))
    assert (refused.status, PolicyDraft.objects.count()) == (403, 1)


class TestDrafts:
    """Begun, edited and published in the admin."""

    @pytest.mark.covers("R35", "R155")
    @pytest.mark.parametrize(
        ("fields", "name"),
        [
            ({"source": "version"}, "Everything to a person"),
            ({"source": "version", "version": "1"}, "Everything to a person"),
            ({"source": "starting", "starting": "conservative"}, "Starting policy"),
            ({"source": "text", "text": "format: 1\nname: By hand\ncurrency: EUR\n"}, "By hand"),
        ],
    )
    def test_it_begins_from_a_version_a_starting_policy_or_a_file(
        self, admin: Visitor, fields: dict[str, str], name: str
    ) -> None:
        factories.policy()
        page = post(admin, f"{DRAFTS}add/", **({"starting": "conservative"} | fields))
        assert (page.status, PolicyDraft.objects.get().document["name"]) == (200, name)

    @pytest.mark.parametrize(
        ("fields", "says"),
        [
            ({"source": "version", "version": "9"}, "There is no version 9."),
            ({"source": "text", "text": "a: [1"}, "expected ',' or ']'"),
            ({"source": "text", "text": "a: &x 1\nb: *x"}, "anchors and aliases have no place here"),
            ({"source": "starting", "starting": "../etc"}, "Select a valid choice"),
        ],
    )
    def test_what_it_cannot_begin_from_is_said(self, admin: Visitor, fields: dict[str, str], says: str) -> None:
        page = post(admin, f"{DRAFTS}add/", **fields)
        assert (says in page.text, PolicyDraft.objects.count()) == (True, 0)

    @pytest.mark.covers("R35")
    def test_a_rule_saved_untouched_stays_word_for_word(self) -> None:
        document = starting_policy() | {"scopes": [SCOPE], "budgets": [BUDGET, COUNT], "wait": [CHAT, CALL]}
        saved = {group: [untouched(group, rule) for rule in document[group]] for group in GROUPS}
        assert saved == {group: document[group] for group in GROUPS}

    def test_the_settings_saved_untouched_stay_as_they_are(self, admin: Visitor) -> None:
        made = draft(admin)
        address = f"{DRAFTS}{made.pk}/settings/"
        post(admin, address, **sent(admin.open(address)))
        made.refresh_from_db()
        assert made.revision == 1

    def test_the_text_saved_untouched_stays_as_it_is(self, admin: Visitor) -> None:
        made = draft(admin)
        address = f"{DRAFTS}{made.pk}/text/"
        post(admin, address, **sent(admin.open(address)))
        made.refresh_from_db()
        assert made.revision == 1

    @pytest.mark.covers("R76", "R77")
    def test_a_wait_contract_is_made_and_changed_in_forms_and_other_languages_stay(self, admin: Visitor) -> None:
        made = draft(admin, wait=[CHAT])
        new = f"{DRAFTS}{made.pk}/wait/new/"
        fields = {"minutes": "30", "then": "answer", "say_en": "Your money is safe.", "match_channel": "email, form"}
        page = post(admin, new, **sent(admin.open(new), **fields))
        assert "wait at most 30 min; then they get an answer in part" in page.text
        first = f"{DRAFTS}{made.pk}/wait/0/"
        post(admin, first, **sent(admin.open(first), minutes="10", message_en="We look.", message_de="Wir schauen."))
        made.refresh_from_db()
        assert made.document["wait"] == [
            CHAT | {"seconds": 600, "message": {"en": "We look.", "de": "Wir schauen.", "fr": "Un collègue regarde."}},
            {
                "seconds": 1800,
                "then": "answer",
                "say": {"en": "Your money is safe."},
                "match": {"channel": ["email", "form"]},
            },
        ]

    def test_a_fault_in_a_wait_contract_stands_beside_its_field(self, admin: Visitor) -> None:
        made = draft(admin)
        new = f"{DRAFTS}{made.pk}/wait/new/"
        page = post(admin, new, **sent(admin.open(new), minutes="99999", then="answer", say_en="a\u202eb"))
        assert "must be a whole number from 60 to 2592000" in page.text
        assert "must not hold invisible characters" in page.text
        assert PolicyDraft.objects.get().document.get("wait") is None

    def test_a_budget_is_made_in_its_form_with_either_limit(self, admin: Visitor) -> None:
        made = draft(admin)
        new = f"{DRAFTS}{made.pk}/budgets/new/"
        page = post(admin, new, **sent(admin.open(new), name="refunds", sum="300.00", per="customer", count="3"))
        assert "must have exactly one of sum or count" in page.text
        page = post(admin, new, **sent(admin.open(new), name="refunds", sum="300.00", per="customer"))
        assert "At most 300.00 EUR of all proposals may run without a person in any day for each customer." in page.text
        made.refresh_from_db()
        assert made.document["budgets"] == [{"within": "day", "name": "refunds", "sum": "300.00", "per": ["customer"]}]

    @pytest.mark.covers("R15", "R35")
    def test_a_threshold_is_changed_in_the_form_and_the_rest_stays(self, admin: Visitor) -> None:
        made = draft(admin)
        names = [rule["name"] for rule in made.document["triggers"]]
        index = names.index("refund-over-limit")
        address = f"{DRAFTS}{made.pk}/triggers/{index}/"
        page = post(admin, address, **sent(admin.open(address), **{"rows-0-value": "150.00"}))
        before, made = made.document["triggers"][index], PolicyDraft.objects.get()
        assert made.document["triggers"][index] == before | {"when": before["when"] | {"over": "150.00"}}
        assert "the value is over 150.00 EUR or unknown instead of over 200.00 EUR" in page.text

    @pytest.mark.covers(*(f"R{number}" for number in range(14, 32)), "R9", "R154")
    def test_every_sort_of_trigger_is_offered_ready_to_save(self) -> None:
        offered = [one.rule for one in blueprints()]
        assert [untouched("triggers", rule) for rule in offered] == offered
        assert parse(given.document(*offered)).triggers != ()

    def test_a_chosen_sort_of_trigger_is_added(self, admin: Visitor) -> None:
        made = draft(admin, triggers=[])
        address = f"{DRAFTS}{made.pk}/triggers/new/?from=cost-of-failure-tiers"
        page = admin.open(address)
        post(admin, address, **sent(page))
        chosen = next(one for one in blueprints() if one.key == "cost-of-failure-tiers")
        assert PolicyDraft.objects.get().document["triggers"] == [chosen.rule]
        assert (str(chosen.unit) in page.text, str(chosen.default) in page.text) == (True, True)

    @pytest.mark.covers("R9", "R154")
    def test_costs_of_failure_are_rows_of_one_form(self, admin: Visitor) -> None:
        made = draft(admin, triggers=[])
        address = f"{DRAFTS}{made.pk}/triggers/new/?from=cost-of-failure-tiers"
        typed = {"tiers-2-tier": "silver", "tiers-2-over": "dear"}
        page = post(admin, address, **sent(admin.open(address), **typed))
        assert "must be a number" in page.text
        typed |= {"tiers-2-over": "150.00", "tiers-1-eyes": "", "tiers-0-tier": ""}
        page = post(admin, address, **sent(admin.open(address), **typed))
        assert "must say for whom this line is" in page.text
        page = post(admin, address, **sent(admin.open(address), **typed, **{"tiers-0-over": ""}))
        assert "of customers of the tier silver are held for a person when the value is over 150.00 EUR" in page.text
        assert PolicyDraft.objects.get().document["triggers"][0]["tiers"] == [
            {"match": {"segment": ["business"]}, "over": "300.00"},
            {"match": {"tier": ["silver"]}, "over": "150.00"},
        ]

    @pytest.mark.parametrize("name", NAMES)
    def test_a_policy_that_comes_with_the_desk_is_offered_in_its_own_words(self, name: str) -> None:
        document = starting_policy(name)
        assert str(STARTING[name]) == f"{document['name']}: {document['description']}"

    def test_every_sort_of_trigger_is_listed_with_unit_default_and_example(self, admin: Visitor) -> None:
        text = admin.open(f"{DRAFTS}{draft(admin).pk}/triggers/choose/").text
        told = [str(each) in text for one in blueprints() for each in (one.unit, one.default, one.example("EUR"))]
        assert set(told) == {True}

    @pytest.mark.parametrize(
        ("fields", "says"),
        [
            ({"rows-0-value": "a lot"}, "must be a number"),
            ({"rows-0-fact": "action.valeu"}, "there is no fact action.valeu; did you mean action.value?"),
            ({"rows-0-operator": "matches_any"}, "matches_any does not fit it"),
            ({"how-how": "text", "how-text": "{cel: 'action.value >'}"}, "cel:"),
            ({"how-how": "text", "how-text": "{cel: [1"}, "expected"),
            ({"queue": "no such queue"}, "must be a name of letters"),
            ({"match_tier": "x" * 300}, "at most 200 characters"),
            ({"veto_seconds": "5"}, "only a trigger whose outcome is watch"),
            ({"name": ""}, "This field is required."),
        ],
    )
    def test_a_fault_stands_beside_its_field_and_nothing_is_saved(
        self, admin: Visitor, fields: dict[str, str], says: str
    ) -> None:
        made = draft(admin)
        names = [rule["name"] for rule in made.document["triggers"]]
        address = f"{DRAFTS}{made.pk}/triggers/{names.index('refund-over-limit')}/"
        page = post(admin, address, **sent(admin.open(address), **fields))
        made.refresh_from_db()
        assert (says in page.text, made.revision) == (True, 1)

    @pytest.mark.covers("R18", "R20")
    def test_ready_made_words_are_added_in_both_languages(self, admin: Visitor) -> None:
        made = draft(admin, triggers=[])
        address = f"{DRAFTS}{made.pk}/triggers/new/"
        form = sent(admin.open(address), name="lawyers", outcome="handoff")
        form |= {"how-how": "any", "how-word_lists": ["legal-threat.en", "legal-threat.de"]}
        post(admin, address, **form)
        (rule,) = PolicyDraft.objects.get().document["triggers"]
        starting = next(one for one in starting_policy()["triggers"] if one["name"] == "legal-threat")
        assert rule["when"] == starting["when"]

    @pytest.mark.covers("R91")
    def test_a_second_administrator_publishes_what_loosens(self, admin: Visitor, visit: Visit) -> None:
        made = draft(admin, triggers=[])
        address = f"{DRAFTS}{made.pk}/change/"
        assert "somebody who did not work on it must publish it" in admin.open(address).text
        alone = post(admin, address, verb="publish", revision=1, reason="Fewer")
        assert ("somebody who did not work on it" in alone.text, PolicyVersion.objects.count()) == (True, 1)
        post(admin, address, verb="submit", revision=1, reason="Fewer")
        second = visit("admin")
        page = post(second, address, verb="publish", revision=1, reason="")
        version = PolicyVersion.objects.get(number=2)
        assert "Version 2 is in force." in page.text
        assert (version.author, version.approved_by, version.reason) == (admin.user, second.user, "Fewer")

    @pytest.mark.covers("R33", "R101")
    def test_a_draft_that_nobody_looked_at_is_published_with_a_reason_only(self, admin: Visitor) -> None:
        factories.case()
        made = draft(admin, undo_seconds=90)
        address = f"{DRAFTS}{made.pk}/change/"
        page = admin.open(address)
        assert "Nobody has looked at what exactly this draft would have done." in page.text
        assert ("Publish blind" in page.text, ">Publish<" in page.source) == (True, False)
        refused = post(admin, address, verb="publish", revision=1, reason="Longer")
        assert ("Hold it against what happened first" in refused.text, PolicyVersion.objects.count()) == (True, 1)
        look = admin.client.post(f"/policy/what-if/{made.pk}/", {"from": "", "to": ""})["Location"]
        assert f"{address}" in admin.open(look).source
        page = admin.open(address)
        assert "A person had to look at 1 of 1 cases; with this draft it would have been 1." in page.text
        assert (look in page.source, ">Publish<" in page.source, "Publish blind" in page.text) == (True, True, False)
        post(admin, address, verb="publish", revision=1, reason="Longer")
        assert PolicyVersion.objects.count() == 2

    def test_rules_are_moved_switched_and_taken_out(self, admin: Visitor) -> None:
        made = draft(admin)
        names = [rule["name"] for rule in made.document["triggers"]]
        for what, place, revision in (("down", 0, 1), ("up", 2, 2), ("switch", 0, 3), ("remove", 1, 4)):
            post(admin, f"{DRAFTS}{made.pk}/triggers/{place}/{what}/", revision=revision)
        rules = PolicyDraft.objects.get().document["triggers"]
        assert [rule["name"] for rule in rules[:2]] == [names[1], names[0]]
        assert (rules[0]["enabled"], "enabled" in rules[1]) == (False, False)

    def test_an_edit_of_a_page_that_is_out_of_date_changes_nothing(self, admin: Visitor) -> None:
        made = draft(admin)
        post(admin, f"{DRAFTS}{made.pk}/triggers/0/remove/", revision=1)
        page = post(admin, f"{DRAFTS}{made.pk}/triggers/0/remove/", revision=1)
        assert "Somebody else changed this draft first." in page.text
        assert PolicyDraft.objects.get().revision == 2

    def test_a_faulty_text_is_kept_with_its_faults_and_cannot_be_published(self, admin: Visitor) -> None:
        made = draft(admin)
        address = f"{DRAFTS}{made.pk}/text/"
        text = "format: 1\nname: Broken\ncurrency: EUR\ntriggers: [{name: x, outcome: sometimes, when: 7}, 8]\n"
        page = post(admin, address, **sent(admin.open(address), text=text))
        assert "must be one of watch, review or handoff" in page.text
        refused = post(admin, f"{DRAFTS}{made.pk}/change/", verb="publish", revision=2, reason="why")
        assert ("/triggers/0/outcome" in refused.text, PolicyVersion.objects.count()) == (True, 1)

    @pytest.mark.parametrize(
        "path", ["triggers/99/", "nothing/0/", "triggers/x/", "triggers/0/explode/", "oversight/0/switch/"]
    )
    def test_what_is_not_there_is_not_found(self, admin: Visitor, path: str) -> None:
        made = draft(admin)
        assert admin.client.post(f"{DRAFTS}{made.pk}/{path}", {"revision": 1}).status_code == 404
        assert admin.open(f"{DRAFTS}nobody/change/").status == 404

    @pytest.mark.covers("R91")
    def test_only_administrators_open_these_pages(self, admin: Visitor, visit: Visit) -> None:
        made = draft(admin)
        paths = ["", "add/", f"{made.pk}/change/", f"{made.pk}/text/", f"{made.pk}/settings/", f"{made.pk}/triggers/0/"]
        others = [visit(role) for role in ("reviewer", "supervisor", "qa_lead", "auditor")]
        assert {other.open(f"{DRAFTS}{path}").status for other in others for path in paths} == {302}
        assert {admin.open(f"{DRAFTS}{path}").status for path in paths} == {200}

    def test_hostile_text_stays_text(self, admin: Visitor) -> None:
        bad = "<script>alert(1)</script>"
        rule = {"name": bad, "description": bad, "when": {"fact": "intent", "is": bad}, "outcome": "review"}
        made = draft(admin, name=bad, triggers=[rule], scopes=[])
        pages = ["change/", "text/", "settings/", "triggers/0/"]
        assert [bad in admin.open(f"{DRAFTS}{made.pk}/{path}").source for path in pages] == [False] * 4
        policy_drafts.publish(made, publisher=factories.person("admin"), revision=1, reason=bad, at=factories.now())
        assert bad not in admin.open("/policy/").source
