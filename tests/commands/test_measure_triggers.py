"""How well the rules about talk hear is counted, with its uncertainty."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from reviewqueue.engine import hearing, policy
from reviewqueue.engine.starting import starting_policy

STARTING = policy.parse(starting_policy())
ROWS = [
    {"text": "I want a human", "triggers": ["asks-for-a-human"]},
    {"text": "Somebody real, perhaps?", "triggers": ["asks-for-a-human"]},
    {"text": "Agent please", "triggers": []},
    {"text": "Where is my order?", "triggers": []},
    {"text": "I will sue you", "triggers": ["legal-threat"]},
]


@pytest.mark.covers("R33", "R34")
def test_what_fires_rightly_needlessly_and_not_at_all_is_counted() -> None:
    scores = hearing.measure(STARTING, ROWS)
    asks = scores["asks-for-a-human"].as_json()
    assert (asks["expected"], asks["fired"], asks["right"]) == (2, 2, 1)
    assert (asks["missed"], asks["needless"]) == (["Somebody real, perhaps?"], ["Agent please"])
    assert asks["recall"] == {"share": 0.5, "interval": [0.095, 0.905]}
    assert scores["legal-threat"].as_json()["precision"] == {"share": 1.0, "interval": [0.207, 1.0]}


def test_every_sentence_belongs_to_one_half() -> None:
    whole = hearing.measure(STARTING, ROWS)["asks-for-a-human"]
    halves = [
        hearing.measure(STARTING, ROWS, part=part).get("asks-for-a-human", hearing.Score())
        for part in ("tuning", "held-out")
    ]
    assert whole.right + whole.misses == sum(half.right + half.misses for half in halves)


def test_a_trigger_that_never_fires_has_no_precision() -> None:
    (score,) = hearing.measure(STARTING, [{"text": "Hello", "triggers": ["legal-threat"]}]).values()
    assert (score.as_json()["precision"], score.as_json()["recall"]) == (None, {"share": 0.0, "interval": [0.0, 0.793]})


@pytest.mark.django_db
def test_the_command_reads_a_file_and_names_a_bad_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sentences = tmp_path / "sentences.jsonl"
    sentences.write_text("\n".join(json.dumps(row) for row in ROWS))
    call_command("measure_triggers", str(sentences))
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], sorted(told["triggers"])) == (5, ["asks-for-a-human", "legal-threat"])
    sentences.write_text('{"text": "x", "triggers": []}\n{"text": 1}')
    with pytest.raises(CommandError, match=r"sentences\.jsonl:2: a row is"):
        call_command("measure_triggers", str(sentences))


@pytest.mark.covers("R18", "R19", "R23")
@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("Please close my old premium account.", "erasure"),
        ("I would like my account to be deactivated", "erasure"),
        ("Bitte schließen Sie mein Konto.", "erasure"),
        ("Ich will mein Profil deaktivieren", "erasure"),
        ("I want to lodge a consumer claim", "formal-complaint"),
        ("There is a payment that I didn't make", "security-words"),
        ("I do not recognise this charge", "security-words"),
        ("Diese Abbuchung wurde nicht von mir veranlasst", "security-words"),
        ("My card was stolen", "security-words"),
        ("The transaction shows up twice", "our-serious-error"),
    ],
)
def test_the_lists_hear_kinds_of_sentences(text: str, trigger: str) -> None:
    assert trigger in hearing.fired(STARTING, text)


@pytest.mark.parametrize(
    "text",
    [
        "Cancel the order that I placed on my account",
        "I want to make a payment",
        "Did you receive my payment?",
        "I'd like to create an account",
        "Ich möchte mein Konto aufladen",
        "I paid for two items",
    ],
)
def test_the_lists_leave_their_neighbours_alone(text: str) -> None:
    widened = {"erasure", "security-words", "our-serious-error", "formal-complaint"}
    assert hearing.fired(STARTING, text) & widened == set()
