"""Wait contracts: what customers read, how long they wait, and what happens then."""

from typing import Any

import pytest

from reviewqueue.engine import policy_file, telling_limits, waiting
from reviewqueue.engine.policy import parse
from reviewqueue.engine.triggers import evaluate
from tests.engine import given

pytestmark = pytest.mark.covers("R76", "R77", "R127")
CHAT: dict[str, Any] = {
    "name": "Chats",
    "match": {"channel": ["chat", "web*"]},
    "message": {"en": "A colleague looks.", "de": "Jemand sieht nach."},
    "seconds": 900,
    "then": "chat",
    "queue": "talk",
}
REST: dict[str, Any] = {"seconds": 5400, "then": "callback"}


def wait_of(channel: str | None, *contracts: dict[str, Any], **changes: Any) -> dict[str, Any] | None:
    policy = given.policy(wait=list(contracts))
    seen = given.facts(conversation={"id": "c", "channel": channel, "messages": given.said("Hi")}, **changes)
    return evaluate(policy, seen).wait


def test_the_first_contract_that_is_for_a_case_counts_and_the_case_keeps_what_it_says() -> None:
    assert wait_of("Chat", CHAT, REST) == {key: CHAT[key] for key in ("seconds", "then", "message", "queue")}
    assert wait_of("webchat", CHAT, REST) == wait_of("chat", CHAT)
    assert wait_of("email", CHAT, REST) == REST
    assert wait_of(None, CHAT) is None


def test_a_policy_without_contracts_leaves_verdicts_as_they_are() -> None:
    assert "wait" not in evaluate(given.policy(), given.facts()).as_json()
    assert evaluate(given.policy(wait=[REST]), given.facts()).as_json()["wait"] == REST


@pytest.mark.parametrize(
    ("contract", "path", "says"),
    [
        ({"then": "callback"}, "/wait/0", "the key seconds is missing"),
        ({"seconds": 60}, "/wait/0", "the key then is missing"),
        (REST | {"seconds": 59}, "/wait/0/seconds", "must be a whole number from 60 to 2592000"),
        (REST | {"then": "approve"}, "/wait/0/then", "must be one of callback, chat, answer or decline"),
        (REST | {"then": "answer"}, "/wait/0", "an answer in part needs its words: say"),
        (REST | {"queue": "talk"}, "/wait/0/queue", "only a chat moves the case to another queue"),
        (
            REST | {"message": "Hello"},
            "/wait/0/message",
            "must be a mapping of languages to texts, such as {en: …, de: …}",
        ),
        (
            REST | {"message": {"English": "Hi"}},
            "/wait/0/message/English",
            "must be a language such as en, de or pt-BR",
        ),
        (REST | {"say": {"en": " "}}, "/wait/0/say/en", "must be a text that is not empty"),
        (REST | {"say": {"en": "a\u202eb"}}, "/wait/0/say/en", "must not hold invisible characters"),
    ],
)
def test_a_contract_that_is_wrong_is_refused_by_its_path(contract: dict[str, Any], path: str, says: str) -> None:
    assert given.faults(given.document(wait=[contract])) == [(path, says)]


def test_nothing_about_one_action_can_decide_how_a_case_waits() -> None:
    (fault,) = given.faults(given.document(wait=[REST | {"match": {"action": "refund"}}]))
    assert fault[0] == "/wait/0/match/action"


def test_its_queues_are_made_when_it_is_published() -> None:
    assert given.policy(wait=[CHAT, REST]).queues_named() == {"routine", "talk"}


def test_words_are_found_by_the_language_or_its_first_part() -> None:
    texts = {"en": "Hello", "de": "Hallo", "pt-BR": "Oi"}
    asked = ("de", "de-AT", "DE_at", "pt-br", "pt", "fr", "")
    assert [waiting.in_language(texts, tag) for tag in asked] == ["Hallo", "Hallo", "Hallo", "Oi", "", "", ""]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (
            CHAT,
            (
                "Customers in the channel chat or web* wait at most 15 min; then a person is called to join them, in "
                "the queue talk. They read meanwhile: “Jemand sieht nach.” (de), “A colleague looks.” (en)."
            ),
        ),
        (REST, "Customers wait at most 90 min; then they are offered a call."),
        (
            {"match": {"tier": "gold"}, "seconds": 7200, "then": "answer", "say": {"en": "Your money is safe."}},
            (
                "Customers of the tier gold wait at most 2 h; then they get an answer in part. They read then: "
                "“Your money is safe.” (en)."
            ),
        ),
        ({"seconds": 86_400, "then": "decline"}, "Customers wait at most 1 d; then everything is declined."),
    ],
)
def test_a_contract_reads_as_a_sentence(rule: dict[str, Any], says: str) -> None:
    assert str(telling_limits.wait(rule)) == says


def test_the_file_says_contracts_and_budgets_in_comments_and_reads_back_equal() -> None:
    budget = {
        "name": "refunds",
        "match": {"action": ["refund*"]},
        "within": "day",
        "sum": "300.00",
        "per": ["customer"],
    }
    document = given.document(wait=[CHAT, REST], budgets=[budget])
    text = policy_file.commented(document)
    assert "# Customers wait at most 90 min; then they are offered a call." in text.splitlines()
    told = "# At most 300.00 EUR of actions named refund* may run without a person in any day for each customer. "
    assert f"{told}What goes beyond is held for a person." in text.splitlines()
    assert policy_file.load(text) == document
    assert parse(policy_file.load(text)).digest == parse(document).digest
