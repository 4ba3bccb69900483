"""The sample drawn and judged by many at the same moment: once, and never by more than it takes."""

from __future__ import annotations

import pytest

from audit.models import Entry
from reviewqueue.domain import quality, sampling
from reviewqueue.domain.quality import Judgement
from reviewqueue.models import QaVerdict, Sampled, SamplePlan, SamplingRules
from tests import factories
from tests.concurrency.test_races import at_once, slugs, won

pytestmark = pytest.mark.django_db(transaction=True)
FREE = [{"match": {}, "mode": "out_of_the_loop"}]


@pytest.mark.covers("R92")
def test_eight_clocks_open_draw_and_choose_one_sample() -> None:
    SamplingRules.objects.create(size=4, floor=2, live_share=0, double_share=0)
    factories.policy(oversight=FREE)
    for _ in range(10):
        factories.case(intent="greeting", actions=[factories.reply()])
    at = factories.now()
    at_once([lambda: sampling.open_plan(at=at) for _clock in range(8)])
    plan = SamplePlan.objects.get()
    at_once([lambda: sampling.work(at=plan.due_at) for _clock in range(8)])
    assert Sampled.objects.filter(kind="random", plan=plan).count() == 4
    assert Entry.objects.filter(kind="sample.drawn", subject=plan.subject).count() == 1


@pytest.mark.covers("R118")
def test_of_six_who_judge_at_once_two_are_heard_and_a_third_settles() -> None:
    factories.policy(oversight=FREE)
    case = factories.case(intent="greeting", actions=[factories.reply()])
    plan = sampling.open_plan(at=factories.now())
    which = Sampled.objects.create(
        plan=plan, case=case, kind="random", inclusion_probability=1.0, double=True, drawn_at=factories.now()
    )
    people = [factories.person("qa_lead") for _each in range(6)]
    said = [Judgement("ok" if n % 2 else "error") for n in range(6)]
    answers = at_once(
        [
            lambda p=p, s=s: quality.judge(which, person=p, said=s, at=factories.now())
            for p, s in zip(people, said, strict=True)
        ]
    )
    which.refresh_from_db()
    assert (which.state, len(won(answers))) == ("settled", QaVerdict.objects.count())
    assert QaVerdict.objects.count() in {2, 3}
    assert set(slugs(answers)) == {"already-judged"}
