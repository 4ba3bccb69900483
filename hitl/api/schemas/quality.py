"""What is said about the quality sample on the reviewers' wire."""

from typing import Annotated, Literal

from pydantic import Field

from hitl.api.schemas.answers import Time
from hitl.api.schemas.base import Answered, Sent

Rating = Literal["ok", "error", "critical"]
Text = Annotated[str, Field(max_length=4_000)]
Mark = Annotated[int, Field(ge=0, le=2)]


class QualityVerdict(Sent):
    """What I say of a case; `scores` are marks from 0 to 2 for the questions of the scorecard in force."""

    verdict: Rating
    should_have_been_reviewed: bool | None = None
    codes: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=20)] = []
    knowledge_gap: Text | None = None
    severity: Literal["low", "medium", "high"] | None = None
    scores: dict[Annotated[str, Field(max_length=40)], Mark] = {}
    note: Text | None = None


class GivenVerdict(Answered):
    """A verdict that I may read: my own, or every one once the case is settled."""

    by: str
    position: int
    verdict: Rating
    should_have_been_reviewed: bool | None
    codes: list[str]
    knowledge_gap: str
    severity: str
    scores: dict[str, int]
    note: str
    at: Time


class SampledCase(Answered):
    """A case of the sample. `inclusion_probability` is null where it was chosen for a reason and counts for no rate."""

    id: str
    case: str
    kind: Literal["random", "targeted"]
    reason: str | None
    stratum: str | None
    inclusion_probability: float | None
    live: bool
    double: bool
    state: Literal["waiting", "second", "disputed", "settled"]
    waits_for_me: bool
    verdict: Rating | None
    should_have_been_reviewed: bool | None
    drawn_at: Time
    settled_at: Time | None


class JudgedCase(SampledCase):
    """The same with the verdicts that I may read."""

    verdicts: list[GivenVerdict]


class SampleWeek(Answered):
    """The sample of a week; `population` is null until it is drawn."""

    week: str | None
    drawn_at: Time | None
    population: int | None
    items: list[SampledCase]


class SampleRate(Answered):
    """An estimated rate with its 95 % interval; `not_seen` cases lie in strata where nothing was judged."""

    estimate: float
    interval: list[float]
    confidence: float
    n: int
    errors: int
    population: int
    strata: int
    method: str
    not_seen: int
    few: bool


class RateGroup(Answered):
    """A part of the population: its error rate, and how often a person was missing or was not needed."""

    group: str | None
    population: int
    drawn: int
    estimate: float | None
    interval: list[float] | None
    n: int
    method: str | None
    error_rate: SampleRate | None
    missed_escalation_rate: SampleRate | None
    false_escalation_rate: SampleRate | None


class SampleReport(Answered):
    """What the judged sample shows; cases that were chosen for a reason are in no rate."""

    week: str | None
    by: Literal["intent", "agent", "version", "stratum"]
    drawn: bool
    overall: RateGroup
    groups: list[RateGroup]
