"""What was counted, and what stands behind it."""

from typing import Annotated, Literal

from pydantic import Field

from hitl.api.schemas.answers import Time
from hitl.api.schemas.base import Answered

Date = Annotated[str, Field(json_schema_extra={"format": "date"})]
Unit = Literal["share", "seconds", "score", "points", "a_day", "number", "change", "count", "hours"]


class Reading(Answered):
    """A value between the bounds of its 95 % interval, on `n` observations; null where it cannot be known."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    hits: int | None = None


class Week(Reading):
    """The same in one week."""

    first: Date
    last: Date


class Segment(Reading):
    """The same of one part."""

    name: str


class Change(Answered):
    """How far it rose since then, between the bounds of its interval; `certain`: zero is not between them."""

    value: float
    low: float
    high: float
    certain: bool


class Metric(Reading):
    """One metric. `few`: it rests on fewer than 30 observations; `unknown`: why there is no value."""

    key: str
    requirement: str
    group: str
    title: str
    definition: str
    unit: Unit
    better: Literal["less", "more"] | None
    few: bool
    unknown: str | None
    trend: list[Week]
    segments: list[Segment]
    baseline: Reading | None
    change: Change | None


class Direction(Answered):
    """One way in which oversight wears off: the last week, the four before it, and whether it surely rose."""

    key: str
    title: str
    definition: str
    now: Reading
    before: Reading
    change: Change | None
    rises: bool


class Baseline(Answered):
    """The period that everything is held against; `imported`: nobody chose it, it is that of imported history."""

    first: Date
    last: Date
    imported: bool


class Step(Answered):
    """One thing to reach in the introduction, and what stands there now."""

    title: str
    reached: bool
    stands: str


class Phase(Answered):
    """A phase of the introduction."""

    title: str
    reached: bool
    steps: list[Step]


class Insight(Answered):
    """The metrics of a period. `own`: only mine. `complete`: every day of it is counted."""

    first: Date
    last: Date
    by: str | None
    own: bool
    at: Time
    complete: bool
    baseline: Baseline | None
    metrics: list[Metric]
    drift: list[Direction]
    phases: list[Phase]
