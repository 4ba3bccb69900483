"""Every metric in words: what it says, how it is counted, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from reviewqueue.engine.stories import PARTS
from reviewqueue.queries.insight.measures import Above, ADay, Each, Measure, Median, OfAll, Score, Sooner

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_OF_CASES: Final = frozenset(PARTS)
_OF_RULINGS: Final = _OF_CASES | {"role", "person"}
_NOTHING: Final = _("Nothing of this kind happened in the period.")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. ``better``: which way is good, ``less`` or ``more``; empty where neither is by itself."""

    key: str
    requirement: str
    group: str
    title: _StrPromise
    says: _StrPromise
    measure: Measure
    better: str = ""
    by: frozenset[str] = _OF_CASES
    without: _StrPromise = _NOTHING


GROUPS: Final[dict[str, _StrPromise]] = {
    "load": _("How much comes to people"),
    "time": _("How long it takes"),
    "quality": _("How well it is decided"),
    "customers": _("What customers get"),
}
_CSAT: Final = _("Nobody reported how content customers were: agents send it as csat when they close a conversation.")
_ENDED: Final = _("No conversation was reported as ended with a word on whether it was resolved.")

METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        "escalation_rate",
        "R102",
        "load",
        _("Escalation rate"),
        _(
            "Of all cases proposed in the period, the share that needed a person: held by the policy, raised by the "
            "desk, stopped, decided or taken over. Imported cases count when history says who decided."
        ),
        OfAll("needed", "known"),
        better="less",
    ),
    Metric(
        "takeover_rate",
        "R103",
        "load",
        _("Takeover rate"),
        _("Of all cases proposed in the period, the share in which a person took the conversation over."),
        OfAll("taken", "known"),
        better="less",
    ),
    Metric(
        "handling_time",
        "R104",
        "time",
        _("Handling time"),
        _(
            "From taking a case to deciding it, the median of the cases decided in the period. Stretches over an hour "
            "are left out: nobody works on one case for so long."
        ),
        Median("handling"),
        by=_OF_RULINGS,
    ),
    Metric(
        "briefing_saves",
        "R64",
        "time",
        _("Handling time saved by a briefing"),
        _(
            "The median handling time of cases whose proposal did not say what the agent had tried, less that of cases "
            "whose proposal did. Those with a briefing may be of another kind, so this alone proves nothing."
        ),
        Sooner("handling.told", "handling.untold"),
        better="more",
        without=_("It takes decided cases of both kinds: with and without a word on what the agent had tried."),
    ),
    Metric(
        "first_contact_resolution",
        "R105",
        "customers",
        _("Resolved at the first contact"),
        _(
            "Of the conversations that ended in the period at least seven days ago, the share that was reported as "
            "resolved and whose customer did not begin another one within seven days."
        ),
        OfAll("first_contact", "first_contact.of"),
        better="more",
        without=_("No conversation that ended at least seven days ago says whether it was resolved."),
    ),
    Metric(
        "first_response_time",
        "R106",
        "time",
        _("First answer of a person"),
        _(
            "From the moment that a case needed a person until a person's decision took effect or they wrote to the "
            "customer, whichever came first: the median of the cases proposed in the period."
        ),
        Median("answered"),
        better="less",
    ),
    Metric(
        "csat",
        "R107",
        "customers",
        _("Customer satisfaction"),
        _("The mean of the scores from 1 to 5 of conversations that ended in the period."),
        Score("csat"),
        better="more",
        without=_CSAT,
    ),
    Metric(
        "csat_delta",
        "R107",
        "customers",
        _("Satisfaction: people above the AI"),
        _(
            "The mean score of conversations in which a person decided, wrote or took over, less that of conversations "
            "which the AI led alone. Harder cases come to people, so below nothing is no proof of bad work."
        ),
        Above("csat.human", "csat.ai"),
        without=_("It takes two scores of conversations with people and two of conversations without."),
    ),
    Metric(
        "briefing_csat",
        "R64",
        "customers",
        _("Satisfaction: with a briefing above without"),
        _(
            "Of the conversations in which a person decided, wrote or took over: the mean score where the proposal "
            "said what the agent had tried, less the mean where it did not."
        ),
        Above("csat.told", "csat.untold"),
        better="more",
        without=_("It takes two scores of conversations with such a briefing and two of conversations without."),
    ),
    Metric(
        "context_retention",
        "R108",
        "quality",
        _("Nothing asked twice"),
        _(
            "Of the cases in which a person wrote to the customer, the share in which they asked for nothing that the "
            "desk knew already."
        ),
        OfAll("handed.kept", "handed"),
        better="more",
    ),
    Metric(
        "resolution_time",
        "R109",
        "time",
        _("Until it is settled"),
        _(
            "From the moment that a case needed a person until its decision took effect or the person gave the "
            "conversation back: the median of the cases proposed in the period."
        ),
        Median("settled"),
        better="less",
    ),
    Metric(
        "queue_volume",
        "R110",
        "load",
        _("Cases for people a day"),
        _("The cases proposed in the period that needed a person, over its days."),
        ADay("needed"),
    ),
    Metric(
        "approval_time",
        "R111",
        "time",
        _("Time to an approval"),
        _("From the proposal until a person approved it, waiting included: the median of the period's approvals."),
        Median("approval"),
        better="less",
        by=_OF_RULINGS,
    ),
    Metric(
        "override_rate",
        "R112",
        "quality",
        _("Override rate"),
        _(
            "Of all rulings of people in the period, the share that edited, rejected or answered in the agent's "
            "place. Close to 0 % people may only wave through; a rise says that the agent got worse."
        ),
        OfAll("overridden", "ruled"),
        by=_OF_RULINGS,
    ),
    Metric(
        "released_wrong",
        "R113",
        "quality",
        _("Released and known to be wrong"),
        _(
            "Of the cases that ran without a person, the share whose execution failed, was reversed or became an "
            "incident, or which the customer contested. It counts what came to light, so missed escalations are at "
            "least this many."
        ),
        OfAll("released.wrong", "released"),
        better="less",
    ),
    Metric(
        "false_escalation_rate",
        "R114",
        "quality",
        _("Approved as proposed"),
        _(
            "Of the cases that people decided, the share in which they changed nothing. It bounds the false "
            "escalations from above: some cases need a person whatever the answer is."
        ),
        OfAll("false", "judged"),
    ),
    Metric(
        "customer_wait",
        "R115",
        "time",
        _("Wait of customers"),
        _(
            "From the proposal until a decision took effect, a person took over or the case expired: the median of "
            "the cases proposed in the period that needed a person."
        ),
        Median("waited"),
        better="less",
    ),
    Metric(
        "sensitive_approved",
        "R116",
        "quality",
        _("Sensitive actions approved by people"),
        _(
            "Of the actions at high or critical risk that were let run in the period, the share that a person had "
            "approved. By role: whose approval it was."
        ),
        OfAll("sensitive.person", "sensitive"),
        better="more",
        by=_OF_RULINGS,
    ),
    Metric(
        "reviewer_load",
        "R120",
        "load",
        _("Cases for one person a day"),
        _("The cases that people decided in the period, over the days on which each of them decided any."),
        Each("decided", "person_days"),
        by=_OF_RULINGS,
    ),
    Metric(
        "routing_accuracy",
        "R122",
        "quality",
        _("First queue was right"),
        _("Of the cases that people decided, the share that nobody had to pass on to another queue."),
        OfAll("routed.right", "routed"),
        better="more",
    ),
    Metric(
        "containment",
        "R123",
        "customers",
        _("Resolved by the AI alone"),
        _(
            "Of the conversations that ended in the period, the share that was resolved without a person. Never good "
            "by itself: read it beside satisfaction and what was released and wrong."
        ),
        OfAll("ended.contained", "ended"),
        without=_ENDED,
    ),
    Metric(
        "expired",
        "R127",
        "time",
        _("Nobody decided in time"),
        _("Of the cases proposed in the period that needed a person, the share that expired."),
        OfAll("expired", "needed"),
        better="less",
    ),
    Metric(
        "briefing",
        "R125",
        "quality",
        _("The briefing says what was tried"),
        _("Of the cases that needed a person, the share whose proposal said what the agent had tried before."),
        OfAll("briefed", "briefed.of"),
        better="more",
    ),
    Metric(
        "trigger_precision",
        "R112",
        "quality",
        _("Triggers that were right"),
        _(
            "Of the cases in which a trigger fired and the end is known, the share that was changed, rejected or went "
            "wrong. A trigger for the law's sake may fire rightly and still stand low."
        ),
        OfAll("fired.wrong", "fired.known"),
        better="more",
        by=_OF_CASES | {"trigger"},
    ),
)
BY_KEY: Final = {metric.key: metric for metric in METRICS}
BYS: Final[dict[str, _StrPromise]] = {
    "agent": _("agent"),
    "team": _("team"),
    "intent": _("intent"),
    "queue": _("queue"),
    "channel": _("channel"),
    "language": _("language"),
    "tier": _("customer tier"),
    "risk": _("risk"),
    "version": _("agent version"),
    "role": _("role"),
    "person": _("person"),
    "trigger": _("trigger"),
    "change": _("what was changed"),
}
