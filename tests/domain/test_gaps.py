"""Knowledge gaps: why agents failed, grouped, owned, changed and verified."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from audit.models import Entry
from reviewqueue.domain import apart, gaps
from reviewqueue.engine import grouping
from reviewqueue.models import Case, Decision, Failure, Gap
from reviewqueue.queries import failures
from reviewqueue.queries import gaps as queries
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db
WINDOW = "The 45 day return window is missing from the article"


def _override(gap: str = WINDOW, *, intent: str = "refund", at: Any = None, **fields: Any) -> Case:
    who = factories.person()
    moment = at or factories.now()
    case = factories.claimed(who, at=moment, intent=intent, **fields)
    ruling = {"call_id": "call_1", "type": "reject", "reason_code": "missing_information", "message": "45 days."}
    factories.decide(case, who, ruling | {"knowledge_gap": gap}, at=moment)
    return case


def _found(at: Any = None) -> list[Gap]:
    gaps.find(at=at or factories.now() + timedelta(minutes=1))
    return queries.ranked()


@pytest.mark.covers("R95", "R96", "R97", "R45", "R128")
def test_overrides_become_one_gap_with_its_reason_and_source() -> None:
    source = {"id": "s1", "title": "Returns", "text": "30 days"}
    for _case in range(3):
        _override(sources=[source])
    (gap,) = _found()
    assert (gap.title, gap.cases, gap.reason, gap.source, gap.state) == (
        WINDOW,
        3,
        "missing_information",
        "Returns",
        "open",
    )
    assert gap.harm > 0
    assert Entry.objects.filter(kind="gap.found", subject=gap.subject).count() == 1


@pytest.mark.covers("R96")
def test_a_gap_keeps_its_id_owner_and_state_when_cases_come_to_it() -> None:
    _override()
    _override()
    (gap,) = _found()
    boss = factories.person("qa_lead")
    gaps.assign(gap, owner=boss, area="source", person=boss, version=1, at=factories.now())
    _override("Return window of 45 days is missing in the article")
    (same,) = _found()
    assert (same.pk, same.owner_id, same.state, same.area, same.cases) == (gap.pk, boss.pk, "assigned", "source", 3)


def test_looking_again_changes_nothing() -> None:
    _override()
    before = _found()
    assert gaps.find(at=factories.now() + timedelta(minutes=2)) == 0
    assert [(gap.pk, gap.cases, gap.version) for gap in queries.ranked()] == [
        (gap.pk, gap.cases, gap.version) for gap in before
    ]
    assert Failure.objects.count() == 1


def test_one_failure_without_a_word_on_what_was_missing_is_no_gap_until_a_second_comes() -> None:
    _override("")
    assert _found() == []
    _override("")
    (gap,) = _found()
    assert (gap.cases, gap.title.startswith("refund")) == (2, True)


def test_what_was_taken_back_or_may_still_be_is_no_failure() -> None:
    who = factories.person()
    factories.policy(undo_seconds=600)
    case = factories.claimed(who)
    factories.decide(case, who, {"call_id": "call_1", "type": "reject", "reason_code": "tone", "message": "No."})
    assert _found() == []
    Decision.objects.update(undone_at=factories.now())
    assert _found(at=factories.now() + timedelta(hours=1)) == []
    assert Failure.objects.count() == 0


@pytest.mark.covers("R96")
def test_the_worst_gap_stands_first_by_harm_cases_or_cost() -> None:
    for _case in range(3):
        _override("Battery warranty covers two years", intent="warranty")
    case = _override(intent="refund")
    Case.objects.filter(pk=case.pk).update(risk="critical")
    Failure.objects.all().delete()
    _found()
    Gap.objects.filter(intent="refund").update(harm=99)
    assert [gap.intent for gap in queries.ranked(order="harm")] == ["refund", "warranty"]
    assert [gap.intent for gap in queries.ranked(order="cases")] == ["warranty", "refund"]
    with pytest.raises(Refusal):
        queries.ranked(order="beauty")


@pytest.mark.covers("R96", "R128")
def test_a_change_is_verified_by_the_rate_before_and_after() -> None:
    now = factories.now()
    old = now - timedelta(days=20)
    for n in range(12):
        _override(at=old + timedelta(hours=n))
    (gap,) = _found()
    boss = factories.person("qa_lead")
    gap = gaps.assign(gap, owner=boss, area="source", person=boss, version=gap.version, at=now)
    changed_at = now - timedelta(days=19)
    gap = gaps.change(
        gap, what="Article rewritten", url="https://kb.example.org/7", person=boss, version=gap.version, at=changed_at
    )
    for n in range(12):
        who = factories.person()
        factories.decide(
            factories.claimed(who, at=changed_at + timedelta(hours=n + 1)), who, at=changed_at + timedelta(hours=n + 1)
        )
    gaps.find(at=now)
    gap.refresh_from_db()
    assert (gap.state, gap.effect["before"]["hits"], gap.effect["after"]["hits"]) == ("verified", 12, 0)
    assert gap.effect["change"]["high"] < 0
    assert Entry.objects.filter(kind="gap.verified").count() == 1


def test_a_change_that_did_not_help_is_not_verified() -> None:
    _override(at=factories.now() - timedelta(days=2))
    (gap,) = _found()
    boss = factories.person("supervisor")
    gap = gaps.change(gap, what="A word", url="", person=boss, version=1, at=factories.now() - timedelta(days=1))
    _override(at=factories.now() - timedelta(hours=2))
    gaps.find(at=factories.now())
    gap.refresh_from_db()
    assert gap.state == "changed"


def test_verbs_are_for_those_who_mend_gaps_and_for_the_owner() -> None:
    _override()
    (gap,) = _found()
    ana, boss, now = factories.person(), factories.person("supervisor"), factories.now()
    for verb in (
        lambda: gaps.assign(gap, owner=ana, area="source", person=ana, version=1, at=now),
        lambda: gaps.change(gap, what="x", url="", person=ana, version=1, at=now),
        lambda: gaps.dismiss(gap, note="x", person=ana, version=1, at=now),
        lambda: gaps.record_export("csv", count=1, person=ana, at=now),
    ):
        with pytest.raises(Refusal, match="Your role"):
            verb()
    owned = gaps.assign(gap, owner=ana, area="prompt", person=boss, version=1, at=now)
    assert gaps.change(owned, what="Prompt", url="", person=ana, version=2, at=now).state == "changed"
    assert [gap.pk for gap in queries.visible(ana)] == [gap.pk]
    assert list(queries.visible(factories.person())) == []


def test_who_comes_second_is_told_so() -> None:
    _override()
    (gap,) = _found()
    boss, now = factories.person("supervisor"), factories.now()
    gaps.assign(gap, owner=boss, area="source", person=boss, version=1, at=now)
    with pytest.raises(Refusal) as refused:
        gaps.dismiss(gap, note="No", person=boss, version=1, at=now)
    assert refused.value.slug == "stale-version"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x.example", "kb.example.org", "https://" + "x" * 600])
def test_a_link_leads_somewhere_and_nowhere_else(url: str) -> None:
    _override()
    (gap,) = _found()
    with pytest.raises(Refusal, match="https"):
        gaps.change(gap, what="x", url=url, person=factories.person("supervisor"), version=1, at=factories.now())


def test_dismissed_gaps_go_on_collecting_and_can_be_opened_again() -> None:
    _override()
    (gap,) = _found()
    boss, now = factories.person("supervisor"), factories.now()
    gap = gaps.dismiss(gap, note="Rare", person=boss, version=1, at=now)
    _override()
    assert _found() == []
    gap.refresh_from_db()
    assert (gap.state, gap.cases) == ("dismissed", 2)
    assert gaps.reopen(gap, person=boss, version=2, at=now).state == "open"
    with pytest.raises(Refusal, match="open already"):
        gaps.reopen(gap, person=boss, version=3, at=now)


def test_examples_show_only_what_the_reader_may_see() -> None:
    _override()
    (gap,) = _found()
    (example,) = queries.examples(gap, factories.person("qa_lead"))
    assert (example.words.gap, example.words.better) == (WINDOW, "45 days.")
    assert queries.examples(gap, factories.person(queues=["legal"])) == []
    assert queries.examples(gap, factories.person("admin")) == []


def test_hostile_text_stays_text() -> None:
    _override("<script>alert(1)</script> = gap", intent="<b>")
    (gap,) = _found()
    assert gap.title == "<script>alert(1)</script> = gap"


def test_grouping_in_a_process_of_its_own_gives_the_same() -> None:
    told = [grouping.Failure(f"f{n}", "refund", f"return window of {n} days missing") for n in (30, 45)]
    assert apart.groups(told) == grouping.groups(told) == {"f30": "f30", "f45": "f30"}


def test_a_gap_names_somebody_who_works_here_and_a_change_says_what_it_was() -> None:
    _override()
    (gap,) = _found()
    boss, gone, now = factories.person("supervisor"), factories.person(is_active=False), factories.now()
    for owner in (None, gone):
        with pytest.raises(Refusal, match="works here"):
            gaps.assign(gap, owner=owner, area="source", person=boss, version=1, at=now)
    with pytest.raises(Refusal, match="has to change"):
        gaps.assign(gap, owner=boss, area="weather", person=boss, version=1, at=now)
    with pytest.raises(Refusal, match="what was changed"):
        gaps.change(gap, what=" ", url="", person=boss, version=1, at=now)
    gap.refresh_from_db()
    assert (gap.state, gap.version) == ("open", 1)


def test_two_runs_over_the_same_failures_make_one_gap_and_verify_it_once() -> None:
    for _case in range(2):
        _override()
    _found()
    assert gaps._group(factories.now(), grouping.groups) == 0  # noqa: SLF001 - a run that comes second
    found = list(Failure.objects.all())
    told = failures.for_grouping(found)
    assert gaps._open(found, told, factories.now()) == 0  # noqa: SLF001 - what the other run had grouped meanwhile
    assert Gap.objects.count() == 1
    assert gaps._settle(Gap.objects.get(), at=factories.now()) == 0  # noqa: SLF001 - nobody has changed anything
