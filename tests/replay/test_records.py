"""The figures count what happened, also what must never happen."""

import pytest

from hitl.replay.conductor import sound
from hitl.replay.records import Diary, Write, figures
from hitl.replay.reviewer import typed_amount
from hitl_client import Action, Case, Money


def write(key="k", **known):
    return Write(key, "talk", 1, 0, "pay", **known)


def decided(kind, by="user", **case):
    decision = {"id": "dec_1", "call_id": "c", "type": kind, "decided_by": {"type": by}}
    return Case.model_validate({"id": "case_1", "status": "decided", "version": 2, "decisions": [decision], **case})


def test_a_recorded_result_heard_before_its_decision_is_counted():
    early = write(told=None)
    assert early.hear("paid") == "paid"
    assert figures([early], listed=1)["tool_results_before_decision"] == 1


@pytest.mark.parametrize(("kind", "count"), [("approve", 0), ("edit", 0), ("reject", 1), ("respond", 1)])
def test_a_recorded_result_of_a_write_that_may_not_run_is_counted(kind, count):
    wrong = write()
    wrong.opened(decided(kind))
    wrong.told = None
    wrong.hear("paid")
    assert figures([wrong], listed=1)["rejected_writes_heard_as_executed"] == count


def test_what_is_told_instead_is_heard_and_counts_as_nothing():
    held = write(told="Rejected.")
    assert held.hear("paid") == "Rejected."
    assert figures([held], listed=1)["tool_results_before_decision"] == 0


def test_two_writes_in_one_case_are_merged_and_one_without_a_case_is_lost():
    writes = [write("a", case="case_1"), write("b", case="case_1"), write("c")]
    counted = figures(writes, listed=4)
    assert (counted["proposals"], counted["cases"], counted["merged"], counted["lost"]) == (2, 1, 1, 2)


def test_held_is_what_a_person_must_decide_with_each_trigger_counted_once():
    reasons = [{"trigger": "refund"}, {"trigger": "refund"}, {"trigger": "confidence"}]
    held, released = write("a"), write("b")
    held.opened(decided("approve", oversight="in_the_loop", reasons=reasons))
    released.opened(decided("approve", by="policy", oversight="on_the_loop", reasons=reasons))
    counted = figures([held, released], listed=2)
    assert (counted["held"], counted["held_by_trigger"]) == (1, {"confidence": 1, "refund": 1})
    assert counted["decided_by"] == {"person": 1, "policy": 1}
    assert counted["held_without_trigger"] == 0


def test_what_the_oversight_alone_holds_is_counted_apart():
    held = write()
    held.opened(decided("approve", oversight="in_the_loop"))
    assert figures([held], listed=1)["held_without_trigger"] == 1


@pytest.mark.parametrize("wrong", ["merged", "lost", "tool_results_before_decision", "unfinished", "interrupted"])
def test_a_replay_is_sound_when_nothing_is_wrong_with_it(wrong):
    good = {**figures([write(case="case_1")], listed=1), "unfinished": [], "interrupted": False}
    assert sound(good) is True
    assert sound({**good, wrong: True}) is False


def test_a_diary_gives_back_the_latest_word_on_every_write(tmp_path):
    file = tmp_path / "state.jsonl"
    diary = Diary(file)
    diary.keep(write("a"))
    diary.keep(write("a", case="case_1", triggers=["refund"]))
    diary.keep(write("b", trouble="ü\u2028\x85"))
    diary.finish("talk")
    again = Diary(file)
    assert (again.writes, again.finished) == (diary.writes, {"talk"})


@pytest.mark.parametrize(
    ("actions", "typed"),
    [
        ([("350.50", {})], "350.50"),
        ([("350.50", {"amount": "120.00"})], "120.00"),
        ([("350.50", {}), (None, {}), ("1E+2", {})], "450.50"),
        ([("350.50", {"amount": "half"})], None),
        ([(None, {"amount": "5"})], None),
    ],
)
def test_the_amount_to_type_is_the_money_that_would_move(actions, typed):
    made = [
        Action(call_id=str(n), name="pay", args=args, value=Money(amount=value, currency="EUR") if value else None)
        for n, (value, args) in enumerate(actions)
    ]
    assert typed_amount(made) == typed
