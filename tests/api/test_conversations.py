"""The live feed on the wire: who has control, what calls a person, and what people wrote."""

import pytest

from reviewqueue.domain import policies
from reviewqueue.models import Case, Letter
from tests import factories
from tests.api.wire import AgentCaller, PersonCaller

pytestmark = pytest.mark.django_db
SCOPES = ("propose", "redeem", "converse")


@pytest.fixture
def bot():
    policies.current(at=factories.now())
    return AgentCaller(scopes=SCOPES)


@pytest.fixture
def supervisor(db):  # noqa: ARG001 - rows are made
    return PersonCaller("supervisor")


def tell(agent, *texts, talk="conv-1", role="customer", **more):
    return agent.post(
        f"/conversations/{talk}/messages", {"messages": [{"role": role, "text": text} for text in texts], **more}
    )


def taken(agent, supervisor, **fields):
    """A conversation in the supervisor's hands; gives its case."""
    case = agent.propose(conversation={"id": "conv-1"}, **fields)["id"]
    assert supervisor.post(f"/review/cases/{case}/take_over").status == 200
    return case


def test_small_talk_calls_nobody(bot):
    answer = tell(bot, "Where is my order A-1?")
    assert (answer.status, answer.body) == (200, {"control": "agent", "case": None, "customer_message": None})


@pytest.mark.covers("R22", "R144", "R126")
@pytest.mark.parametrize(
    "text", ["I want to speak to someone", "Agent please", "Ich möchte mit einem Menschen sprechen", "transfer me now!"]
)
def test_who_asks_for_a_human_gets_a_case_in_the_same_answer(bot, text):
    answer = tell(bot, text).body
    assert answer["case"]["oversight"] == "human_only"
    assert answer["case"]["reasons"][0]["trigger"] == "asks-for-a-human"
    assert (answer["control"], answer["customer_message"]) == ("agent", answer["case"]["customer_message"])
    assert answer["customer_message"].startswith("We are reviewing your case")


@pytest.mark.covers("R22")
@pytest.mark.parametrize(
    "text", ["No, don't transfer me to anybody.", "No need for a human, thanks.", "Bitte nicht weiterleiten."]
)
def test_who_refuses_a_human_is_not_passed_on(bot, text):
    assert tell(bot, text).body["case"] is None


def test_however_much_more_is_said_one_case_is_open(bot):
    first = tell(bot, "Let me talk to a human").body["case"]
    for text in ("Hello?", "A human!", "Is anybody there? I want a real person."):
        assert tell(bot, text).body["case"]["id"] == first["id"]
    assert Case.objects.count() == 1


@pytest.mark.covers("R18")
def test_a_graver_matter_moves_a_waiting_case_to_its_own_queue(bot):
    first = tell(bot, "I want to talk to a human").body["case"]
    second = tell(bot, "My lawyer will write to you.").body["case"]
    assert (first["queue"], second["queue"]) == ("routine", "legal")
    assert bot.get(f"/cases/{first['id']}").body["status"] == "superseded"
    assert {reason["trigger"] for reason in second["reasons"]} == {"asks-for-a-human", "legal-threat"}


@pytest.mark.parametrize(
    ("texts", "trigger", "queue"),
    [
        (["Delete my account."], "erasure", "legal"),
        (["Send me a copy of my personal data."], "data-request", "legal"),
        (["My husband passed away last week."], "distress", "angry"),
        (["I will sue you."], "legal-threat", "legal"),
        (["I am pregnant, is the saddle safe?"], "medical", "routine"),
        (["I am switching to a competitor."], "churn", "cancellations"),
        (["It still does not work."] * 4, "stalled", "routine"),
    ],
)
@pytest.mark.covers("R18", "R19", "R20", "R21", "R25", "R145")
def test_each_kind_of_trouble_finds_its_queue(bot, texts, trigger, queue):
    case = [tell(bot, text).body["case"] for text in texts][-1]
    assert (trigger in {reason["trigger"] for reason in case["reasons"]}, case["queue"]) == (True, queue)


@pytest.mark.covers("R20")
def test_two_very_bad_messages_by_the_senders_score_are_handed_over(bot):
    bad = {"role": "customer", "text": "Hm.", "sentiment": -0.9}
    assert bot.post("/conversations/c/messages", {"messages": [bad]}).body["case"] is None
    case = bot.post("/conversations/c/messages", {"messages": [bad]}).body["case"]
    assert [reason["trigger"] for reason in case["reasons"]] == ["angry"]
    assert Case.objects.get().facts["conversation"]["sentiment_by"] == ["sender", "sender"]


@pytest.mark.covers("R20")
def test_english_without_a_score_is_measured_and_the_facts_say_by_whom(bot):
    awful = "This is horrible, the worst and most terrible awful thing ever, I hate it."
    _first, answer = (tell(bot, awful) for _ in range(2))
    assert [reason["trigger"] for reason in answer.body["case"]["reasons"]] == ["angry"]
    assert Case.objects.get().facts["conversation"]["sentiment_by"] == ["vader", "vader"]


@pytest.mark.covers("R27")
def test_six_messages_in_a_minute_are_a_flood(bot):
    answers = [tell(bot, f"And {n}.").body["case"] for n in range(6)]
    assert [case and case["reasons"][0]["trigger"] for case in answers] == [None] * 5 + ["message-flood"]


@pytest.mark.covers("R27")
def test_the_third_contact_of_a_week_is_looked_at(bot):
    cases = [tell(bot, "Hello again.", talk=f"c{n}", customer={"id": "cus_1"}).body["case"] for n in range(3)]
    assert [case and case["reasons"][0]["trigger"] for case in cases] == [None, None, "repeat-contact"]


@pytest.mark.covers("R50", "R53", "R125", "R145")
def test_the_case_brings_what_is_known_of_the_conversation(bot, supervisor):
    bot.propose(
        conversation={"id": "conv-1", "messages": [{"seq": 1, "role": "customer", "text": "The gears skip."}]},
        intent="store_hours",
        actions=[factories.reply()],
        briefing={"issue": "Gears skip", "attempted": ["barrel adjuster"]},
        customer={"id": "cus_7", "name": "Maya R.", "tier": "standard"},
    )
    case = tell(bot, "I'd like to speak with a person.").body["case"]
    told = supervisor.get(f"/review/cases/{case['id']}").body
    assert (told["customer"]["name"], told["briefing"]["issue"]) == ("Maya R.", "Gears skip")
    assert told["briefing"]["attempted"] == ["barrel adjuster", "send_reply: approve"]
    assert [message["text"] for message in told["conversation"]["messages"]] == [
        "The gears skip.",
        "I'd like to speak with a person.",
    ]


@pytest.mark.covers("R42", "R48")
def test_a_taken_conversation_refuses_the_agent_and_names_the_case(bot, supervisor):
    case = taken(bot, supervisor)
    assert tell(bot, "Thank you!").body["control"] == "human"
    refused = bot.post("/proposals", factories.document(conversation={"id": "conv-1"}))
    assert (refused.status, refused.slug, refused.body["case"]) == (409, "not-pending", case)


@pytest.mark.covers("R42")
def test_what_a_person_writes_is_delivered_once(bot, supervisor):
    case = taken(bot, supervisor)
    written = supervisor.post(f"/review/cases/{case}/messages", {"text": "Hello, Ana here."}).body
    (waiting,) = bot.get("/conversations/conv-1").body["outbox"]
    assert (waiting["id"], waiting["text"]) == (written["id"], "Hello, Ana here.")
    address = f"/conversations/conv-1/outbox/{written['id']}/delivered"
    first, second = bot.post(address).body, bot.post(address).body
    assert (first, Letter.objects.count()) == (second, 1)
    assert bot.get("/conversations/conv-1").body["outbox"] == []


def test_a_message_that_the_agent_tells_itself_stands_once_in_the_record(bot, supervisor):
    case = taken(bot, supervisor)
    supervisor.post(f"/review/cases/{case}/messages", {"text": "Hello, Ana here."})
    bot.post("/conversations/conv-1/messages", {"messages": [{"role": "human", "text": "Hello,  Ana here."}]})
    told = supervisor.get(f"/review/cases/{case}").body["conversation"]["messages"]
    assert [message["role"] for message in told] == ["human"]


@pytest.mark.covers("R42", "R48")
def test_control_returns_with_a_note_and_what_was_settled_calls_nobody_again(bot, supervisor):
    case = tell(bot, "I want to speak to a human").body["case"]["id"]
    supervisor.post(f"/review/cases/{case}/take_over")
    assert supervisor.post(f"/review/cases/{case}/return", {"note": "Parcel goes out today."}).status == 200
    talk = bot.get("/conversations/conv-1").body
    assert (talk["control"], talk["note"]["text"]) == ("agent", "Parcel goes out today.")
    assert tell(bot, "Thanks!").body == {"control": "agent", "case": None, "customer_message": None}
    assert tell(bot, "I need a human again").body["case"]["id"] != case


def test_a_person_can_end_the_conversation_with_the_customer(bot, supervisor):
    case = taken(bot, supervisor)
    assert supervisor.post(f"/review/cases/{case}/return", {"resolved": False, "note": "Called back."}).status == 200
    talk = bot.get("/conversations/conv-1").body
    assert (talk["control"], talk["resolved"], talk["closed_at"] is None) == ("agent", False, False)


@pytest.mark.covers("R107")
def test_an_end_is_reported_completed_and_undone_by_the_next_message(bot):
    tell(bot, "Hello")
    ended = {"resolved": True, "closed_at": "2026-11-20T12:30:00Z"}
    first = bot.post("/conversations/conv-1/close", ended).body
    again = bot.post("/conversations/conv-1/close", ended).body
    assert (first, first["closed_at"], first["csat"]) == (again, "2026-11-20T12:30:00Z", None)
    assert bot.post("/conversations/conv-1/close", {"csat": 4}).body["csat"] == 4
    tell(bot, "One more thing")
    talk = bot.get("/conversations/conv-1").body
    assert (talk["closed_at"], talk["resolved"], talk["csat"]) == (None, None, None)
    bot.post("/conversations/conv-1/close", {})
    assert bot.post("/conversations/conv-1/reopen").body["closed_at"] is None


@pytest.mark.django_db(transaction=True)  # on PostgreSQL only what has been committed is told
def test_events_tell_who_writes_and_who_has_control(bot, supervisor):
    case = taken(bot, supervisor)
    supervisor.post(f"/review/cases/{case}/messages", {"text": "Hello."})
    supervisor.post(f"/review/cases/{case}/return")
    heard = bot.get("/events", Accept="application/json").body["events"]
    assert [event["type"] for event in heard] == [
        "case.taken_over",
        "conversation.control",
        "conversation.message",
        "conversation.control",
    ]
    assert {event["conversation"] for event in heard[1:]} == {"conv-1"}


@pytest.mark.covers("R78")
def test_another_agents_conversation_is_not_there(bot, supervisor):
    case = taken(bot, supervisor)
    letter = supervisor.post(f"/review/cases/{case}/messages", {"text": "Hello."}).body["id"]
    other = AgentCaller(scopes=SCOPES)
    for call in (
        lambda: other.get("/conversations/conv-1"),
        lambda: other.post("/conversations/conv-1/close", {}),
        lambda: other.post("/conversations/conv-1/reopen"),
        lambda: other.post(f"/conversations/conv-1/outbox/{letter}/delivered"),
    ):
        assert (call().status, call().slug) == (404, "not-found")
    # The same name is a conversation of its own.
    assert tell(other, "Hello").body["control"] == "agent"
    assert other.post(f"/conversations/conv-1/outbox/{letter}/delivered").status == 404


def test_the_feed_needs_its_scope():
    assert tell(AgentCaller(scopes=("propose",)), "Hello").slug == "forbidden"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"mesages": []}, "/mesages"),
        ({"messages": [{"role": "visitor", "text": "x"}]}, "/messages/0/role"),
        ({"messages": [{"role": "customer", "text": "a", "seq": 1}, {"role": "customer", "text": "b", "seq": 1}]}, ""),
        ({"messages": [{"role": "customer", "text": "a", "seq": 1}, {"role": "customer", "text": "b"}]}, ""),
        ({"messages": [{"role": "customer", "text": "a"}] * 501}, "/messages"),
    ],
)
def test_what_does_not_fit_is_refused_by_place(bot, body, pointer):
    answer = bot.post("/conversations/conv-1/messages", body)
    assert (answer.status, answer.slug, answer.faults[0][0]) == (422, "invalid-request", pointer)


def test_a_name_that_cannot_be_kept_is_refused(bot):
    assert tell(bot, "Hello", talk="x" * 201).slug == "invalid-request"
    assert bot.get(f"/conversations/{'x' * 201}").slug == "not-found"


def test_a_repeat_with_the_same_key_tells_nothing_twice(bot):
    body = {"messages": [{"role": "customer", "text": "Hello"}]}
    _first, answer = (bot.post("/conversations/conv-1/messages", body, Idempotency_Key="k1") for _ in range(2))
    assert answer.headers["Idempotent-Replayed"] == "true"
    case = tell(bot, "human please").body["case"]["id"]
    assert Case.objects.get(pk=case).facts["text"]["customer"] == ["Hello", "human please"]


def test_a_known_version_is_not_sent_again(bot):
    tell(bot, "Hello")
    tag = bot.get("/conversations/conv-1").headers["ETag"]
    assert bot.get("/conversations/conv-1", If_None_Match=tag).status == 304


@pytest.mark.covers("R79")
def test_the_agent_cannot_withdraw_what_the_desk_opened_for_the_customer(bot):
    case = tell(bot, "I want a human").body["case"]["id"]
    assert bot.post(f"/cases/{case}/withdraw", {"reason": "not needed"}).slug == "forbidden"


@pytest.mark.covers("R21")
def test_the_third_identical_write_is_held_whatever_its_value(bot):
    note = factories.action(name="add_note", args={"order_id": "A-1"}, value=None, reversible=True)
    policy = {
        "oversight": [{"match": {}, "mode": "out_of_the_loop"}],
        "triggers": [
            {
                "name": "repeated-action",
                "when": {"fact": "conversation.same_action_count", "at_least": 3},
                "outcome": "review",
            }
        ],
    }
    factories.policy(**policy)
    statuses = [bot.propose(conversation={"id": "conv-1"}, actions=[note])["status"] for _ in range(3)]
    assert statuses == ["decided", "decided", "pending"]


def test_a_conversation_whose_id_holds_slashes_is_addressed_like_every_other(bot, supervisor):
    name = "shop/2026/messages/77"
    talk = name.replace("/", "%2F")
    assert tell(bot, "I want to speak to someone", talk=talk).body["case"]["oversight"] == "human_only"
    case = Case.objects.get(conversation__external_id=name)
    assert supervisor.post(f"/review/cases/{case.pk}/take_over").status == 200
    assert supervisor.post(f"/review/cases/{case.pk}/messages", {"text": "I am here."}).status == 200
    now = bot.get(f"/conversations/{talk}").body
    assert (now["id"], now["control"], [each["text"] for each in now["outbox"]]) == (name, "human", ["I am here."])
    letter = now["outbox"][0]["id"]
    assert bot.post(f"/conversations/{talk}/outbox/{letter}/delivered").status == 200
    assert bot.post(f"/conversations/{talk}/close", {"resolved": True}).status == 200
    assert bot.post(f"/conversations/{talk}/reopen").status == 200
    assert bot.get("/conversations/shop%2F2026").status == 404
