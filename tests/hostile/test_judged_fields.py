"""Every string of the corpus where people judge, teach and publish: gaps, quality, alarms, answers, agents."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hitl.accounts.models import User
from hitl.customers.models import Article
from reviewqueue.models import Agent, Alarm, AlarmRule, Case, Decision, Gap, QaVerdict, Sampled, Specimen
from tests import factories
from tests.hostile.corpus import TEXTS
from tests.hostile.test_short_fields import shown_safely
from tests.web.pages import Visitor
from tests.web.test_quality import a_week

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.django_db


def _gaps(_who: Visitor) -> str:
    at = factories.now()
    Gap.objects.bulk_create(
        Gap(title=text[:200], intent=text[:100], source=text[:200], first_at=at, last_at=at, made_at=at)
        for text in TEXTS
    )
    return "/gaps/"


def _verdicts(_who: Visitor) -> str:
    a_week(1)
    sampled = Sampled.objects.get()
    people = User.objects.bulk_create(User(username=f"q{n}", role="qa_lead") for n in range(len(TEXTS)))
    QaVerdict.objects.bulk_create(
        QaVerdict(
            sampled=sampled,
            by=by,
            position=n,
            verdict="error",
            note=text,
            knowledge_gap=text,
            given_at=factories.now(),
        )
        for n, (by, text) in enumerate(zip(people, TEXTS, strict=True))
    )
    Sampled.objects.update(state=Sampled.State.SETTLED)
    return f"/qa/{sampled.pk}/"


def _specimens(who: Visitor) -> str:
    case, at = factories.case(), factories.now()
    Specimen.objects.bulk_create(
        Specimen(source=case, title=text[:120], lesson=text, document={}, risk="low", made_by=who.user, made_at=at)
        for text in TEXTS
    )
    return "/coaching/"


def _alarms(who: Visitor) -> str:
    at = factories.now()
    rule = AlarmRule.objects.create(measure="held", limit=1, intent="*", active=False, next_at=at)
    data = {"value": 85.0, "limit": 1.0, "count": 40, "total": 34.0, "cases": []}
    Alarm.objects.bulk_create(
        Alarm(
            rule=rule,
            of=text[:200],
            data=data,
            raised_at=at - timedelta(hours=2),
            seen_at=at,
            ended_at=at,
            acknowledged_by=who.user,
            acknowledged_at=at,
            note=text,
        )
        for text in TEXTS
    )
    return "/alarms/"


def _answers(_who: Visitor) -> str:
    Article.objects.bulk_create(
        Article(slug=f"a{n}", title=text[:200], body=text, state="published", changed_at=factories.now())
        for n, text in enumerate(TEXTS)
    )
    return "/help/"


def _answer(_who: Visitor) -> str:
    Article.objects.create(
        slug="all", title="All", body="\n\n".join(TEXTS), state="published", changed_at=factories.now()
    )
    return "/help/all/"


def _agents(_who: Visitor) -> str:
    names = dict.fromkeys(text[:50] for text in TEXTS)
    Agent.objects.bulk_create(Agent(name=name) for name in names)
    return "/"


def _rulings(who: Visitor) -> str:
    actions = [factories.action(call_id=f"call_{n}") for n in range(2)]
    case = factories.case(actions=actions)
    document = json.loads(case.proposal)
    document["actions"] = [document["actions"][0] | {"call_id": f"call_{n}"} for n in range(len(TEXTS))]
    Case.objects.filter(pk=case.pk).update(proposal=json.dumps(document), state="closed", outcome="decided")
    at = factories.now()
    Decision.objects.bulk_create(
        Decision(
            case=case,
            call_id=f"call_{n}",
            type="reject",
            message=text,
            response=text,
            note=text,
            knowledge_gap=text,
            reason_code="other",
            decided_by=who.user,
            decided_at=at,
            effective_at=at,
            took_effect_at=at,
            case_version=1,
        )
        for n, text in enumerate(TEXTS)
    )
    return f"/cases/{case.pk}/"


# Who looks. Customers, and whoever chooses from a list, read the number of what nobody can see instead of a chip.
FILLED: list[tuple[str, Callable[[Visitor], str]]] = [
    ("qa_lead", _gaps),
    ("qa_lead", _verdicts),
    ("supervisor", _specimens),
    ("supervisor", _alarms),
    ("supervisor", _answers),
    ("supervisor", _answer),
    ("supervisor", _agents),
    ("supervisor", _rulings),
]
WRITTEN_OUT = (_answers, _answer, _agents)


@pytest.mark.covers("R23")
@pytest.mark.parametrize(("role", "filled"), FILLED, ids=[each.__name__ for _role, each in FILLED])
def test_no_string_runs_fetches_or_hides_where_people_judge_and_publish(
    role: str, filled: Callable[[Visitor], str], browser: "Browser", monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("gaps.MOST", "alarms.MOST_SHOWN", "coaching.MOST"):
        monkeypatch.setattr(f"reviewqueue.queries.{limit}", len(TEXTS) + 1)
    who = Visitor(factories.person(role))
    shown_safely(who, filled(who), browser, chips=filled not in WRITTEN_OUT)
