"""Knowledge gaps."""

from typing import Any, Literal

from hitl.api.schemas.answers import Time
from hitl.api.schemas.base import Answered
from hitl.api.schemas.reviews import Colleague

State = Literal["open", "assigned", "changed", "verified", "dismissed"]
Area = Literal["source", "prompt", "rule", "permission", "training"]


class Gap(Answered):
    """What failures of agents have in common, what it cost, who sees to it, and what a change did to its rate.

    `effect` holds `before`, `after` (each `hits`, `n`, `share`, `low`, `high`) and `change` with its interval.
    """

    id: str
    rank: int
    title: str
    state: State
    intent: str | None
    reason: str | None
    source: str | None
    trigger: str | None
    cases: int
    cases_lately: int
    handling_seconds: int
    harm: int
    area: Area | None
    owner: Colleague | None
    change: str | None
    change_url: str | None
    changed_at: Time | None
    effect: dict[str, Any] | None
    verified_at: Time | None
    article: str | None
    first_at: Time
    last_at: Time
    version: int


class Gaps(Answered):
    """The worst first, 200 at most."""

    gaps: list[Gap]
