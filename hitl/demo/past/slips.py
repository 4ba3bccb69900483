"""What agents got wrong in past weeks: another answer to a known story, and what whoever looks again says of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from hitl.demo.scenarios import SCENARIOS
from hitl.demo.scenarios.script import Act, Ruling, Scenario, approve, reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One way to get a story wrong: what the agent did not know (``missing``), and whether nobody was needed."""

    acts: tuple[Act, ...]
    note: str
    code: str = "wrong_fact"
    missing: str = ""
    severity: str = "low"
    critical: bool = False
    alone: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A story as it happened in past weeks: how often, what may go wrong, and what a colleague makes of it.

    ``wrong``: the shares in which it went wrong before and after the agent was changed.
    """

    scenario: Scenario
    weight: int
    wrong: tuple[float, float] = (0.0, 0.0)
    slip: Slip | None = None
    rulings: tuple[Ruling, ...] = ()
    needless: bool = False

    def scene(self, *, slipped: bool) -> Scenario:
        """The story as the agent told it this time."""
        return replace(self.scenario, acts=self.slip.acts) if slipped and self.slip else self.scenario


def _as_edited(name: str) -> Scenario:
    """A story whose answer is what colleagues used to write instead."""
    scenario = SCENARIOS[name]
    changes = next(ruling.changes for ruling in scenario.rulings if ruling.way == "edit") or {}
    acts = tuple(replace(act, args={**act.args, **changes.get(n, {})}) for n, act in enumerate(scenario.acts))
    return replace(scenario, acts=acts, summary="", rulings=(approve(),))


_WARRANTY: Final = SCENARIOS["wrong-warranty-promise"]
KINDS: Final = (
    Kind(
        scenario=SCENARIOS["where-is-my-order"],
        weight=12,
        wrong=(0.36, 0.04),
        slip=Slip(
            acts=(
                reply("Good news, {first}: your {product} left our warehouse this morning and is with you tomorrow."),
            ),
            note="The record says that it leaves on {weekday}. The customer waits for nothing tomorrow.",
            missing="“Packed” is not “sent”: the agent takes the packing time for the time of departure.",
        ),
    ),
    Kind(
        scenario=SCENARIOS["wo-bleibt-die-bestellung"],
        weight=8,
        wrong=(0.3, 0.04),
        slip=Slip(
            acts=(reply("Ihr {product} ist unterwegs und kommt morgen bei Ihnen an."),),
            note="Laut Akte noch in der Montage, Versand erst am {weekday}.",
            missing="“Packed” is not “sent”: the agent takes the packing time for the time of departure.",
        ),
    ),
    Kind(scenario=SCENARIOS["tracking-number"], weight=8),
    Kind(
        scenario=SCENARIOS["open-on-saturday"],
        weight=6,
        wrong=(0.2, 0.2),
        slip=Slip(
            acts=(reply("Yes, shop and workshop are both open on Saturday from ten to four."),),
            note="The workshop is closed on Saturdays; somebody will stand in front of a locked door.",
            missing="The short article for the telephone leaves out that the workshop is closed on Saturdays.",
            severity="medium",
        ),
    ),
    Kind(
        scenario=SCENARIOS["how-to-collect"],
        weight=6,
        wrong=(0.3, 0.02),
        slip=Slip(
            acts=(reply("Just bring the order number. We keep your lights for a month, so take your time."),),
            note="Ten days, and an identity card is needed.",
            code="policy",
        ),
    ),
    Kind(scenario=SCENARIOS["which-tyre-fits"], weight=5),
    Kind(scenario=SCENARIOS["erste-inspektion"], weight=4),
    Kind(
        scenario=SCENARIOS["akku-im-winter"],
        weight=5,
        wrong=(0.25, 0.03),
        slip=Slip(
            acts=(reply("Ja, und Sie können ihn dort auch bei Frost laden, das macht dem Akku nichts aus."),),
            note="Laden bei Frost beschädigt die Zellen. Das hätte ein Mensch sehen müssen.",
            code="unsafe",
            severity="high",
            critical=True,
            alone=False,
        ),
    ),
    Kind(
        scenario=_as_edited("wrong-warranty-promise"),
        weight=9,
        wrong=(0.75, 0.08),
        slip=Slip(acts=_WARRANTY.acts, note="Batteries have two years, not five."),
        rulings=_WARRANTY.rulings,
    ),
    Kind(scenario=SCENARIOS["refund-lost-parcel"], weight=6),
    Kind(
        scenario=_as_edited("refund-late-delivery"),
        weight=5,
        wrong=(0.4, 0.4),
        slip=Slip(acts=SCENARIOS["refund-late-delivery"].acts, note="We pay half of a rental.", code="wrong_amount"),
        rulings=tuple(ruling for ruling in SCENARIOS["refund-late-delivery"].rulings if ruling.way == "edit"),
    ),
    Kind(scenario=SCENARIOS["cancel-the-repair-plan"], weight=5, needless=True),
    Kind(scenario=SCENARIOS["rueckzahlung-speditionskosten"], weight=3, needless=True),
    Kind(
        scenario=SCENARIOS["thirty-five-percent"],
        weight=4,
        wrong=(1.0, 1.0),
        slip=Slip(acts=SCENARIOS["thirty-five-percent"].acts, note="No promise is on record.", code="policy"),
        rulings=SCENARIOS["thirty-five-percent"].rulings,
    ),
)
