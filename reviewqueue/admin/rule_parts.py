"""The forms of one rule together: its own, and for some a condition and costs of failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from reviewqueue.admin.condition_form import ConditionForms
from reviewqueue.admin.limit_forms import FORMS
from reviewqueue.admin.tier_forms import TierForms

if TYPE_CHECKING:
    from reviewqueue.admin.rule_forms import RuleForm

_ASKING: Final = ("triggers", "risk_levels")


@dataclass(frozen=True, slots=True)
class RuleParts:
    """Read, made and faulted as one."""

    form: RuleForm
    condition: ConditionForms | None
    costs: TierForms | None

    @classmethod
    def of(cls, group: str, rule: dict[str, Any], posted: Any = None) -> RuleParts:
        """The forms of a rule of this group."""
        return cls(
            FORMS[group](posted, rule=rule),
            ConditionForms(rule.get("when"), posted) if group in _ASKING else None,
            TierForms(rule.get("tiers"), posted) if group == "triggers" else None,
        )

    def valid(self) -> bool:
        """Whether all of it can be read."""
        asked = [part.is_valid() for part in (self.form, self.condition, self.costs) if part is not None]
        return all(asked)

    def made(self) -> dict[str, Any]:
        """The rule as they say it. Raises ``PolicyError`` for a condition as text that is no YAML."""
        made = self.form.made()
        if self.costs is not None:
            made = _with(made, "tiers", self.costs.made())
        if self.condition is not None:
            made = _with(made, "when", self.condition.made())
        if self.costs is not None and "when" not in made:
            made.setdefault("match", {})
        return made

    def add_faults(self, faults: list[tuple[str, str]]) -> None:
        """Faults by their paths inside the rule, each beside its field."""
        if self.condition is not None:
            self.condition.add_faults(_below("/when", faults))
        if self.costs is not None:
            self.costs.add_faults(_below("/tiers", faults))
        self.form.add_faults([(path, says) for path, says in faults if not path.startswith(("/when", "/tiers"))])

    def add_text_fault(self, says: str) -> None:
        """What is wrong with a condition that is no YAML."""
        if self.condition is not None:
            self.condition.how.add_error("text", says)


def _with(rule: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    return {name: kept for name, kept in rule.items() if name != key} | ({key: value} if value else {})


def _below(start: str, faults: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(path.removeprefix(start), says) for path, says in faults if path.startswith(start)]
