"""The case page: what a person reads before they decide."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from audit.models import Entry
from reviewqueue.domain import questions, takeover
from reviewqueue.models import Case, Decision
from reviewqueue.queries import briefing
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]

MAYA = {
    "id": "cus_71",
    "name": "Maya R.",
    "tier": "gold",
    "since": "2023-05-01",
    "lifetime_value": {"amount": "2400.00", "currency": "USD"},
    "attributes": {"country": "DE"},
}
TALK = [
    {"seq": 1, "role": "customer", "text": "My order A-1 came two weeks late.", "at": "2026-11-20T11:58:00Z"},
    {"seq": 2, "role": "agent", "text": "I can offer a 10 % voucher."},
    {"seq": 3, "role": "customer", "text": "I will call my lawyer.", "sentiment": -0.72},
    {"seq": 4, "role": "tool", "text": "paid 389.00 EUR"},
]
TOLD = {
    "issue": "Late delivery",
    "summary": "The customer refused the voucher.",
    "attempted": ["offered a 10 % voucher"],
    "recommendation": "Exception refund",
    "missing": ["photo"],
}
SOURCES = [
    {
        "id": "s1",
        "title": "Refund policy v7",
        "url": "https://kb.example.org/7",
        "text": "Up to 400 EUR.",
        "score": 0.83,
    }
]
LAWYER = {
    "name": "legal-threat",
    "category": "legal",
    "when": {"fact": "text.customer", "matches_any": ["(?i)lawyer"]},
    "outcome": "review",
}


def whole(**fields: Any) -> Case:
    """A case with everything that an agent can tell."""
    factories.policy(triggers=[LAWYER])
    talk = {"id": "c", "channel": "chat", "messages": TALK}
    told: dict[str, Any] = {
        "customer": MAYA,
        "conversation": talk,
        "briefing": TOLD,
        "sources": SOURCES,
        "language": "en",
    }
    signals = {"confidence": 0.62, "risk_flags": ["repeat_contact"]}
    return factories.case(**(told | {"signals": signals} | fields))


def see(visitor: Visitor, case: Case) -> Page:
    """The page of a case."""
    return visitor.open(f"/cases/{case.pk}/")


def section(page: Page, title: str) -> str:
    """What a section says below its title."""
    said = next(text for text in page.says("section") if text.startswith(title))
    return re.sub(r"by \d.*?,(?= the case)", "by TIME,", said.removeprefix(title).strip())


@pytest.mark.covers("R51", "R52", "R53", "R54", "R55", "R60", "R147", "R149", "R132", "R138", "R63")
def test_the_briefing_says_who_what_why_what_was_tried_and_what_is_recommended(visit: Visit) -> None:
    page = see(visit(), whole())
    assert {title: section(page, title) for title in ("Customer", "Why here", "Issue, in their words", "Missing")} == {
        "Customer": "Maya R. gold Since1 May 2023 Lifetime value2,400.00 USD Contacts, 7 days1 CountryDE",
        "Why here": "Customer wrote “lawyer” If nobody decides by TIME, the case expires and nothing is approved.",
        "Issue, in their words": "My order A-1 came two weeks late.",
        "Missing": "photo",
    }
    assert section(page, "As the agent sums it up") == "Late deliveryThe customer refused the voucher."
    assert section(page, "What the agent tried") == "offered a 10 % voucher"
    assert section(page, "It recommends") == "Exception refund"
    assert section(page, "Risk") == "high risk agent's confidence 62 % repeat contact"


@pytest.mark.covers("R50", "R140")
def test_the_conversation_is_whole_and_every_message_says_whose_it_is(visit: Visit) -> None:
    messages = see(visit(), whole(agent={"version": "7"})).says("article", class_="msg")
    agent = Case.objects.get().agent.name
    assert messages == [
        "Maya R. 11:58 My order A-1 came two weeks late.",
        f"{agent} 7 I can offer a 10 % voucher.",
        "Maya R. sentiment \N{MINUS SIGN}0.72 legal threat I will call my lawyer.",
        "Tool result paid 389.00 EUR",
    ]


def test_the_message_that_set_off_a_trigger_is_marked(visit: Visit) -> None:
    page = see(visit(), whole())
    assert [" ".join(e.text.split()) for e in page.all("article", class_="trig")] == [
        "Maya R. sentiment \N{MINUS SIGN}0.72 legal threat I will call my lawyer."
    ]


@pytest.mark.covers("R56", "R61")
def test_sources_stand_beside_and_their_address_leads_to_a_warning(visit: Visit) -> None:
    page = see(visit("auditor"), whole())
    assert page.says("article", class_="src") == ["Refund policy v7 83 % Up to 400 EUR. https://kb.example.org/7"]
    led = [link.attributes["href"] for link in page.all("a") if "kb.example.org" in link.attributes.get("href", "")]
    assert led == ["/leave/?to=https%3A%2F%2Fkb.example.org%2F7"]


@pytest.mark.covers("R57", "R58")
def test_each_action_is_shown_in_plain_words_and_exactly(visit: Visit) -> None:
    page = see(visit(), whole(actions=[factories.action(description="Please just approve"), factories.reply()]))
    refund = '{"args":{"amount":"350.00","order_id":"A-1"},"name":"refund_order"}'
    reply = '{"args":{"text":"We are sorry. We refunded 350 EUR."},"name":"send_reply"}'
    assert page.says("div", class_="does") == [
        f"cannot be undone Refund order: 350.00 EUR Exactly this runs {refund} The agent says: Please just approve",
        f"cannot be undone Sends this reply to Maya R. Exactly this runs {reply}",
    ]


def test_a_declared_value_that_the_arguments_contradict_stands_out(visit: Visit) -> None:
    lie = factories.action(args={"amount": "3500.00"}, value={"amount": "35.00", "currency": "EUR"})
    page = see(visit(), whole(actions=[lie]))
    assert "the agent declared 35.00 EUR, its arguments say otherwise" in page.says("span", class_="bad")
    assert page.says("h1") == ["Refund order: 3,500.00 EUR · Maya R."]


def test_the_page_carries_what_proves_what_was_seen(visit: Visit) -> None:
    visitor = visit()
    case = factories.claimed(visitor.user)
    fields = see(visitor, case).form(f"/cases/{case.pk}/decide").fields
    assert (fields["claim_token"], fields["version"], fields["seen_digest"]) == (
        case.claim_token,
        str(case.version),
        briefing.seen_digest(case),
    )


def test_hidden_characters_are_counted_in_a_banner_and_shown_as_chips(visit: Visit) -> None:
    page = see(visit(), whole(briefing={"issue": "re\u202efund \u200bnow"}, customer={"id": "x", "name": "M\u200baya"}))
    assert "This proposal carries 3 characters that nobody can see." in page.says("p", class_="warn")[0]
    assert page.says("title") == ["M[U+200B]aya · hitl"]


@pytest.mark.covers("R59")
def test_similar_cases_tell_how_they_were_decided(visit: Visit) -> None:
    other = factories.person()
    old = factories.claimed(other, briefing={"issue": "Order A-0 arrived late"})
    factories.decide(
        old, other, {"call_id": "call_1", "type": "reject", "reason_code": "policy", "message": "Not covered by §4"}
    )
    page = see(visit(), factories.case(briefing={"issue": "Order A-1 arrived late"}))
    assert section(page, "Similar, decided") == "Approved 0 of 1. Order A-0 arrived late reject: Not covered by §4"


@pytest.mark.covers("R83")
def test_what_happened_is_told_in_sentences(visit: Visit) -> None:
    visitor = visit(first_name="Ana", last_name="Ruiz")
    case = factories.claimed(visitor.user)
    (list_,) = see(visitor, case).all("details", id="timeline")
    assert "Ana R. took the case" in list_.text


def test_whoever_may_not_see_it_finds_nothing_there(visit: Visit) -> None:
    case = factories.case()
    strangers = [visit(queues=["billing"]), visit("admin")]
    assert [see(visitor, case).status for visitor in strangers] == [404, 404]
    assert see(strangers[0], case).text == strangers[0].open("/cases/case_nothing/").text


def test_whoever_is_not_signed_in_goes_to_the_door_and_comes_back() -> None:
    case = factories.case()
    answer = Visitor().open(f"/cases/{case.pk}/").response
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/sign-in/?next=/cases/{case.pk}/")


@pytest.mark.parametrize("role", ["qa_lead", "auditor"])
def test_who_may_read_but_not_decide_may_comment_and_no_more(visit: Visit, role: str) -> None:
    case = factories.case()
    page = see(visit(role), case)
    form = page.form(f"/cases/{case.pk}/decide")
    pressable = {name for name in form.buttons if name not in form.off}
    assert pressable == {"Comment", "Leave the comment", "Show what I changed"}
    assert page.says("p", id="armed") == ["Your role does not decide cases."]


def test_before_the_claim_fields_are_only_to_be_read(visit: Visit) -> None:
    case = factories.case()
    form = see(visit(), case).form(f"/cases/{case.pk}/decide")
    assert [name for name in form.fields if name.startswith("a0")] == []
    assert "Claim" in form.buttons


def test_a_case_in_other_hands_says_whose_and_why_there_is_no_button(visit: Visit) -> None:
    case = factories.claimed(factories.person(first_name="Ben", last_name="Kessler"))
    page = see(visit(), case)
    assert "with a reviewer: Ben K." in page.says("span", class_="chip")
    assert page.says("p", id="armed") == ["Somebody else is working on this case."]


@pytest.mark.covers("R22", "R79")
def test_a_case_kept_for_a_person_cannot_be_approved(visit: Visit) -> None:
    factories.policy(oversight=[{"match": {}, "mode": "human_only"}])
    visitor = visit()
    case = factories.claimed(visitor.user)
    page = see(visitor, case)
    form = page.form(f"/cases/{case.pk}/decide")
    assert ("Approve" in form.off, "Reject" in form.off, "Take over" in form.off) == (True, False, False)
    assert "The policy keeps this case for a person: take it over, respond, or reject." in page.text


def test_open_questions_and_their_answers_are_shown(visit: Visit) -> None:
    reviewer = factories.person(first_name="Ana", last_name="Ruiz")
    case = factories.claimed(reviewer)
    question = questions.ask(case, reviewer=reviewer, of="agent", text="Which card?", at=factories.now())
    visitor = visit()
    assert "Ana R. asked the agent" in see(visitor, case).says("article", class_="ask")[0]
    questions.answer_by_agent(
        case, agent=case.agent, question_id=question.pk, text="The one in 42", attachments=(), at=factories.now()
    )
    said = see(visitor, case).says("article", class_="ask")[0]
    assert said.endswith("The one in 42")


@pytest.mark.covers("R48")
def test_a_conversation_that_was_taken_over_says_by_whom(visit: Visit) -> None:
    ben = factories.person("supervisor", first_name="Ben", last_name="Kessler")
    case = takeover.take_over(factories.case(), person=ben, note="", at=factories.now())
    page = see(visit(), case)
    assert "Ben K. has taken this conversation over. The agent must not act in it." in page.says("p", class_="warn")


def test_what_was_decided_and_what_became_of_it_is_shown(visit: Visit) -> None:
    ana = factories.person(first_name="Ana", last_name="Ruiz")
    case = factories.claimed(ana)
    factories.decide(case, ana, note="checked with the warehouse")
    (ruled,) = see(visit(), case).says("div", class_="ruled")
    assert ruled.startswith("approved Ana R. ·")
    assert ruled.endswith("Note: checked with the warehouse The agent has permission and has not used it yet.")


def test_a_release_by_policy_names_the_policy(visit: Visit) -> None:
    version = factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}])
    (ruled,) = see(visit(), factories.case()).says("div", class_="ruled")
    assert ruled.startswith(f"approved policy {version.pk} ·")


@pytest.mark.usefixtures("undoable")
def test_whatever_was_due_is_done_before_the_page_is_read(visit: Visit) -> None:
    reviewer = factories.person()
    at = factories.now() - factories.later(30)
    case = factories.claimed(reviewer, at=at)
    factories.decide(case, reviewer, at=at)
    see(visit(), case)
    assert Decision.objects.get().took_effect_at is not None


def test_news_of_the_case_are_sentences_about_what_the_page_does_not_show_yet(visit: Visit) -> None:
    case = factories.case()
    held = factories.claimed(factories.person(first_name="Ben", last_name="Kessler"))
    visitor = visit()
    assert visitor.open(f"/cases/{case.pk}/news?version=1").text == ""
    news = visitor.open(f"/cases/{held.pk}/news?version=1")
    assert news.text == "Ben K. took the case Show the case as it is now"
    assert visitor.open(f"/cases/{case.pk}/news?version=<x>").text == ""


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_database_the_same_however_much_there_is(
    visit: Visit, django_assert_num_queries: Callable[..., Any], count: int
) -> None:
    visitor = visit()
    other = factories.person()
    for n in range(count):
        old = factories.claimed(other, briefing={"issue": f"Order A-{n} late"})
        factories.decide(old, other)
    actions = [factories.action(call_id=f"c{n}") for n in range(count)]
    messages = [{"seq": n, "role": "customer", "text": f"{n}"} for n in range(count)]
    case = factories.claimed(visitor.user, actions=actions, conversation={"id": "c", "messages": messages})
    with django_assert_num_queries(QUERIES):
        assert see(visitor, case).status == 200


QUERIES = 29


def test_an_edit_that_was_decided_shows_what_runs_and_what_was_proposed(visit: Visit) -> None:
    ana = factories.person()
    case = factories.claimed(ana)
    edit = {"order_id": "A-1", "amount": "320.00"}
    factories.decide(case, ana, {"call_id": "call_1", "type": "edit", "args": edit, "reason_code": "wrong_amount"})
    (does,) = see(visit(), case).says("div", class_="does")
    assert does == (
        "cannot be undone Refund order: 320.00 EUR It was changed. The agent proposed: Refund order: 350.00 EUR "
        'Exactly this runs {"args":{"amount":"320.00","order_id":"A-1"},"name":"refund_order"}'
    )


@pytest.mark.parametrize(
    ("ruling", "says"),
    [
        ({"type": "approve"}, "Exactly this runs"),
        ({"type": "reject", "reason_code": "not_covered", "message": "Not covered"}, "Exactly this was proposed"),
        ({"type": "respond", "response": "Ask the shop."}, "Exactly this was proposed"),
    ],
)
def test_what_was_declined_is_not_said_to_run(visit: Visit, ruling: dict[str, Any], says: str) -> None:
    ana = factories.person()
    case = factories.claimed(ana)
    factories.decide(case, ana, {"call_id": "call_1", **ruling})
    assert see(visit(), case).says("summary").count(says) == 1


def test_what_several_rules_say_alike_is_read_once(visit: Visit) -> None:
    came = {"category": "frequency", "when": {"fact": "conversation.contacts_last_7_days", "at_least": 1}}
    rules = [{"name": f"for-{kind}", "match": {"kind": [kind]}, "outcome": "review"} for kind in ("reply", "tool_call")]
    factories.policy(triggers=[came | rule for rule in rules])
    visitor, says = visit("supervisor"), "number of contacts in the last 7 days 1 is at least 1"
    case = factories.case(actions=[factories.action(), factories.reply()])
    assert [reason["says"] for reason in case.verdict["reasons"]] == [says, says]
    told = [visitor.open(path).text.lower().count(says) for path in (f"/cases/{case.pk}/", "/")]
    # In the briefing; where there is less room stand the names of rules.
    assert (told, Entry.objects.filter(subject=case.subject).earliest("seq").data["reasons"]) == ([1, 0], [says])


def test_of_several_limits_that_one_value_crossed_the_last_is_told(visit: Visit) -> None:
    limit = {"category": "financial", "outcome": "review"}
    over = [limit | {"name": f"over-{n}", "when": {"fact": "action.value", "over": f"{n}.00"}} for n in (200, 300, 500)]
    factories.policy(triggers=over)
    page = see(visit(), factories.case())
    assert section(page, "Why here").split(" If nobody")[0] == "Refund 350.00 EUR is over 300.00 EUR"


@pytest.mark.covers("R75")
def test_what_the_customer_sees_now_is_one_click_away(visit: Visit) -> None:
    visitor, case = visit(), factories.case(language="de")
    page = visitor.open(f"/cases/{case.pk}/customer")
    says = "Wir prüfen Ihr Anliegen und antworten so bald wie möglich."
    assert page.says("blockquote") == [says]
    part = visitor.open(f"/cases/{case.pk}/customer", headers={"HX-Request": "true"})
    assert (part.says("blockquote"), part.all("h1")) == ([says], [])
    assert see(visitor, case).all("a", href=f"/cases/{case.pk}/customer") != []


def test_once_a_case_is_over_the_customer_sees_the_agent_again(visit: Visit) -> None:
    visitor = visit()
    case = factories.claimed(visitor.user)
    factories.decide(case, visitor.user)
    page = visitor.open(f"/cases/{case.pk}/customer")
    assert page.says("section", class_="box") == ["Nothing more: the agent has its answer and speaks again."]


def test_where_the_knowledge_was_missing_is_kept_with_the_decision(visit: Visit) -> None:
    visitor = visit()
    case = factories.claimed(visitor.user)
    on = f"/cases/{case.pk}/decide"
    visitor.press(see(visitor, case), "Reject", on=on, reason_code="wrong_fact", knowledge_gap="Refund policy v8")
    assert Decision.objects.get().knowledge_gap == "Refund policy v8"


def test_money_reads_with_separators_and_a_true_minus(visit: Visit) -> None:
    refund = factories.action(args={"amount": "-12345.5"}, value={"amount": "-12345.5", "currency": "EUR"})
    page = see(visit(), factories.case(actions=[refund]))
    assert page.says("strong", class_="headline") == ["Refund order: \N{MINUS SIGN}12,345.5 EUR"]


def test_a_title_that_only_repeats_the_name_is_not_said_twice(visit: Visit) -> None:
    schema = {"type": "object", "properties": {"order_id": {"title": "Order"}, "amount": {"title": "In euros"}}}
    page = see(visit(), factories.case(actions=[factories.action(args_schema=schema)]))
    assert [label for label in page.says("label", class_="field") if label.startswith(("Order", "Amount"))] == [
        "Order id",
        "Amount (EUR) · In euros",
    ]
