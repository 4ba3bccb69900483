"""Forms for the rules of a policy. What a form does not show or change goes back into the document as it was."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from reviewqueue.engine import telling
from reviewqueue.engine.rulebook import MODES, OUTCOMES, PRIORITIES, RISKS
from reviewqueue.engine.scope import KEYS

_PLACES: Final = {
    "agent": _("Agents"),
    "intent": _("Intents"),
    "workflow": _("Workflows"),
    "channel": _("Channels"),
    "language": _("Languages"),
    "team": _("Teams"),
    "segment": _("Customer segments"),
    "tier": _("Customer tiers"),
    "kind": _("Kinds"),
    "action": _("Actions"),
    "risk": _("Risk levels"),
}
_MATCH: Final = "match_"


def lines(text: str) -> list[str]:
    """What stands between commas and line breaks."""
    parts = (part.strip() for line in text.splitlines() for part in line.split(","))
    return [part for part in parts if part]


def choices(words: tuple[str, ...], *, empty: bool = False) -> list[tuple[str, Any]]:
    """What a field offers; ``empty``: also to leave it as it is."""
    return ([("", _("as it is"))] if empty else []) + [(word, _WORDS[word]) for word in words]


_WORDS: Final[dict[str, Any]] = {
    "out_of_the_loop": _("released at once"),
    "on_the_loop": _("released under supervision"),
    "in_the_loop": _("held for a person"),
    "human_only": _("kept for a person alone"),
    "watch": _("watch: a supervisor may stop it"),
    "review": _("review: held for a person"),
    "handoff": _("hand over: a person takes the conversation"),
    "low": _("low"),
    "normal": _("normal"),
    "medium": _("medium"),
    "high": _("high"),
    "critical": _("critical"),
    "urgent": _("urgent"),
}


PEOPLE: Final = [("", _("one")), (1, _("one, written out")), (2, _("two"))]


class RuleForm(forms.Form):
    """The part that rules share: where they apply. ``rule`` is what the document has, ``made`` what the form says."""

    keys: tuple[str, ...] = KEYS
    plain: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()

    def __init__(self, *args: Any, rule: dict[str, Any], **kwargs: Any) -> None:
        self.rule = rule
        kwargs["initial"] = self._shown(rule)
        super().__init__(*args, **kwargs)
        for key in self.keys:
            self.fields[_MATCH + key] = forms.CharField(
                label=_PLACES[key], required=False, widget=forms.Textarea(attrs={"rows": 1, "cols": 60})
            )
        self.order_fields([*self.base_fields, *(_MATCH + key for key in self.keys)])

    @property
    def place_fields(self) -> list[forms.BoundField]:
        """The fields that say where the rule applies."""
        return [self[_MATCH + key] for key in self.keys]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        """All others."""
        return [self[name] for name in self.fields if not name.startswith(_MATCH)]

    def made(self) -> dict[str, Any]:
        """The rule as the form says it; an entry whose field was not touched stays word for word."""
        rule = dict(self.rule)
        for name in (*self.plain, *self.numbers, *self.lists):
            if name in self.changed_data and self._value(name) != rule.get(name):
                self._set(rule, name, self._value(name))
        if match := self._match():
            rule["match"] = match
        elif "match" in rule or self.always_scoped:
            rule["match"] = {}
        return rule

    always_scoped = False

    def add_faults(self, faults: list[tuple[str, str]]) -> None:
        """Faults by their paths inside the rule, each beside its field."""
        for path, says in faults:
            head, _slash, rest = path.lstrip("/").partition("/")
            name = _MATCH + rest.partition("/")[0] if head == "match" else head
            self.add_error(name if name in self.fields else None, says)

    def _shown(self, rule: dict[str, Any]) -> dict[str, Any]:
        shown = {name: rule.get(name, "") for name in (*self.plain, *self.numbers)}
        shown |= {name: ", ".join(telling.words(rule.get(name))) for name in self.lists}
        match = rule.get("match")
        for key in self.keys:
            shown[_MATCH + key] = ", ".join(telling.words(match.get(key))) if isinstance(match, dict) else ""
        return shown

    def _match(self) -> dict[str, Any]:
        old = self.rule.get("match")
        match = dict(old) if isinstance(old, dict) else {}
        for key in self.keys:
            if _MATCH + key in self.changed_data:
                self._set(match, key, lines(self.cleaned_data[_MATCH + key]))
        return match

    def _value(self, name: str) -> Any:
        value = self.cleaned_data[name]
        if isinstance(value, str):
            value = value.replace("\r\n", "\n")
        return lines(value) if name in self.lists else value

    @staticmethod
    def _set(target: dict[str, Any], name: str, value: Any) -> None:
        if value in ("", None, []):
            target.pop(name, None)
        else:
            target[name] = value


class OversightForm(RuleForm):
    """Where an action starts."""

    plain = ("name", "mode", "queue", "author", "reason")
    numbers = ("veto_seconds",)
    always_scoped = True

    name = forms.CharField(label=_("Name"), required=False)
    mode = forms.ChoiceField(label=_("Such actions are"), choices=choices(MODES))
    veto_seconds = forms.IntegerField(
        label=_("Seconds to stop it"),
        required=False,
        min_value=0,
        help_text=_("Under supervision only: how long a supervisor can stop it before it is released."),
    )
    queue = forms.CharField(label=_("Queue"), required=False)
    author = forms.CharField(label=_("Who answers for it"), required=False)
    reason = forms.CharField(label=_("Why"), required=False, widget=forms.Textarea(attrs={"rows": 2, "cols": 60}))


class TriggerForm(RuleForm):
    """What makes an action stricter; its condition stands in a form of its own."""

    plain = ("name", "category", "description", "outcome", "queue", "priority")
    numbers = ("eyes", "veto_seconds")
    lists = ("skills",)

    name = forms.CharField(label=_("Name"), max_length=200)
    category = forms.CharField(label=_("Category"), required=False)
    description = forms.CharField(
        label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 2, "cols": 60})
    )
    outcome = forms.ChoiceField(label=_("What happens"), choices=choices(OUTCOMES))
    queue = forms.CharField(label=_("Queue"), required=False)
    priority = forms.ChoiceField(label=_("Priority"), required=False, choices=choices(PRIORITIES, empty=True))
    skills = forms.CharField(label=_("Skills"), required=False, help_text=_("Separated by commas."))
    eyes = forms.TypedChoiceField(label=_("People"), required=False, coerce=int, empty_value=None, choices=PEOPLE)
    veto_seconds = forms.IntegerField(
        label=_("Seconds to stop it"), required=False, min_value=0, help_text=_("Only when a supervisor watches.")
    )


class RiskForm(RuleForm):
    """How risky an action is."""

    keys = tuple(key for key in KEYS if key != "risk")
    plain = ("level",)
    level = forms.ChoiceField(label=_("Risk"), choices=choices(RISKS))


class ScopeForm(RuleForm):
    """What an agent is there for."""

    keys = ()
    plain = ("owner", "review_by", "queue", "note")
    lists = ("agent", "authorised", "always_human")

    agent = forms.CharField(label=_("Agents"), help_text=_("By their names, separated by commas."))
    owner = forms.CharField(label=_("Owner"), help_text=_("The name of a person of the desk."))
    review_by = forms.CharField(label=_("Look at it again by"), help_text=_("A day such as 2027-01-31."))
    authorised = forms.CharField(
        label=_("Intents it handles"), required=False, widget=forms.Textarea(attrs={"rows": 3, "cols": 60})
    )
    always_human = forms.CharField(
        label=_("Intents for a person, always"), required=False, widget=forms.Textarea(attrs={"rows": 2, "cols": 60})
    )
    by_confidence = forms.CharField(
        label=_("Intents by confidence"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=_("One line for each limit: 0.8: refund, address_change"),
    )
    queue = forms.CharField(label=_("Queue"), required=False)
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2, "cols": 60}))

    def made(self) -> dict[str, Any]:
        """Also the lines of limits."""
        rule = super().made()
        rule.pop("match", None)
        if "by_confidence" in self.changed_data:
            self._set(
                rule,
                "by_confidence",
                [_limit(line) for line in self.cleaned_data["by_confidence"].splitlines() if line.strip()],
            )
        return rule

    def _shown(self, rule: dict[str, Any]) -> dict[str, Any]:
        told = [
            f"{one['at_least']}: {', '.join(telling.words(one['intent']))}" for one in rule.get("by_confidence") or ()
        ]
        return super()._shown(rule) | {"by_confidence": "\n".join(told)}


def _limit(line: str) -> dict[str, Any]:
    limit, _colon, intents = line.partition(":")
    return {"intent": lines(intents), "at_least": limit.strip()}
