"""Many who look for alarms at once raise each of them once, and one person acknowledges it."""

from __future__ import annotations

import pytest

from audit.models import Entry
from reviewqueue.domain import alarms
from reviewqueue.models import Alarm, AlarmRule
from tests import factories
from tests.concurrency.test_races import ROUNDS, at_once, slugs, won
from tests.domain.planned import HOUR

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.covers("R49")]


def test_eight_who_look_at_once_raise_it_once_and_one_person_acknowledges_it() -> None:
    at = factories.now()
    AlarmRule.objects.all().delete()
    rule = AlarmRule.objects.create(measure="queue_age", limit=60, next_at=at)
    for queue in range(ROUNDS):
        factories.policy(default_queue=f"q{queue}")
        factories.case(at=at - 2 * HOUR)
        AlarmRule.objects.filter(pk=rule.pk).update(next_at=at)
        assert sum(at_once([lambda: alarms.check_due(at=at) for _each in range(8)])) == 1
        alarm = Alarm.objects.get(of=f"q{queue}")
        people = [factories.person("supervisor") for _each in range(4)]
        seen = [lambda p=p, a=alarm: alarms.acknowledge(a, person=p, note="mine", at=at) for p in people]
        answers = at_once(seen)
        assert (len(won(answers)), set(slugs(answers))) == (1, {"not-pending"})
    assert Entry.objects.filter(kind="alarm.raised").count() == Alarm.objects.count() == ROUNDS
