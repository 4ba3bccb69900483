"""Forms for budgets and wait contracts, beside those of the rules."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reviewqueue.admin.rule_forms import OversightForm, RiskForm, RuleForm, ScopeForm, TriggerForm, choices
from reviewqueue.engine.budgets import PAUSABLE, PER, WINDOWS
from reviewqueue.engine.rulebook import PRIORITIES
from reviewqueue.engine.scope import KEYS, OF_CASE
from reviewqueue.engine.waiting import FALLBACKS

_TEXTS: Final = ("message", "say")
_SHOWN_LANGUAGES: Final = ("en", "de")
_MINUTE: Final = 60
_WORDS: Final[dict[str, Any]] = {
    "minute": _("minute"),
    "hour": _("hour"),
    "day": _("day"),
    "week": _("week"),
    "agent": _("agent"),
    "customer": _("customer"),
    "intent": _("intent"),
    "action": _("action"),
    "channel": _("channel"),
    "team": _("team"),
    "callback": _("a call is offered to them"),
    "chat": _("a person is called to join them in the conversation"),
    "answer": _("they get an answer in part"),
    "decline": _("everything is declined"),
}


def _keys() -> str:
    return gettext("Of %(keys)s, separated by commas. Empty: one for all.") % {"keys": ", ".join(PER)}


class BudgetForm(RuleForm):
    """How much may run without a person in a rolling stretch of time."""

    keys = tuple(key for key in KEYS if key != "risk")
    plain = ("name", "description", "within", "sum", "counts", "pause", "outcome", "queue", "priority")
    numbers = ("count",)
    lists = ("per",)

    name = forms.SlugField(
        label=_("Name"), max_length=50, help_text=_("Its counter is kept by it: a new name counts anew.")
    )
    description = forms.CharField(
        label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 2, "cols": 60})
    )
    within = forms.ChoiceField(label=_("In any"), choices=[(each, _WORDS[each]) for each in WINDOWS])
    sum = forms.CharField(
        label=_("At most so much money"), required=False, help_text=_("In the policy's currency, such as 300.00.")
    )
    count = forms.IntegerField(
        label=_("Or so many actions"), required=False, min_value=0, help_text=_("One of the two, not both.")
    )
    per = forms.CharField(
        label=_("One for each"),
        required=False,
        help_text=lazy(_keys, str)(),
    )
    counts = forms.ChoiceField(
        label=_("What counts"),
        required=False,
        choices=[
            ("", _("what may run (as it is)")),
            ("granted", _("what may run, written out")),
            ("proposed", _("all that is proposed")),
        ],
    )
    pause = forms.ChoiceField(
        label=_("What goes beyond pauses"),
        required=False,
        choices=[("", _("nothing")), *((each, _WORDS[each]) for each in PAUSABLE)],
        help_text=_("Until a person resumes it."),
    )
    outcome = forms.ChoiceField(
        label=_("What happens"), required=False, choices=choices(("review", "handoff"), empty=True)
    )
    queue = forms.CharField(label=_("Queue"), required=False)
    priority = forms.ChoiceField(label=_("Priority"), required=False, choices=choices(PRIORITIES, empty=True))


class WaitForm(RuleForm):
    """What customers read while they wait, how long that may last, and what happens then."""

    keys = OF_CASE
    plain = ("name", "then", "queue")

    name = forms.CharField(label=_("Name"), required=False)
    message_en = forms.CharField(
        label=_("They read meanwhile, in English"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        help_text=_("The desk adds how long it usually takes."),
    )
    message_de = forms.CharField(
        label=_("In German"), required=False, widget=forms.Textarea(attrs={"rows": 2, "cols": 60})
    )
    minutes = forms.DecimalField(label=_("Minutes that they wait at most"), min_value=1, max_digits=8, decimal_places=2)
    then = forms.ChoiceField(label=_("Then"), choices=[(each, _WORDS[each]) for each in FALLBACKS])
    say_en = forms.CharField(
        label=_("They read then, in English"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        help_text=_("Empty: the desk's own words. An answer in part has none of its own."),
    )
    say_de = forms.CharField(label=_("In German"), required=False, widget=forms.Textarea(attrs={"rows": 2, "cols": 60}))
    queue = forms.CharField(
        label=_("Queue"),
        required=False,
        help_text=_("Of those who join the conversation; empty: it stays where it is."),
    )

    def made(self) -> dict[str, Any]:
        """Also the texts, of which those in other languages stay, and the seconds."""
        rule = super().made()
        if "minutes" in self.changed_data:
            rule["seconds"] = round(self.cleaned_data["minutes"] * _MINUTE)
        for key in _TEXTS:
            changed = [tag for tag in _SHOWN_LANGUAGES if f"{key}_{tag}" in self.changed_data]
            if changed:
                self._set(rule, key, self._texts(rule.get(key), key, changed) or None)
        return rule

    def add_faults(self, faults: list[tuple[str, str]]) -> None:
        """Texts and seconds have fields of other names."""
        named = []
        for path, says in faults:
            head, _slash, tag = path.lstrip("/").partition("/")
            field = f"{head}_{tag}" if head in _TEXTS and tag in _SHOWN_LANGUAGES else head
            named.append((f"/{'minutes' if head == 'seconds' else field}" if head != "match" else path, says))
        super().add_faults(named)

    def _texts(self, before: Any, key: str, changed: list[str]) -> dict[str, str]:
        texts = dict(before) if isinstance(before, dict) else {}
        for tag in changed:
            self._set(texts, tag, self.cleaned_data[f"{key}_{tag}"].replace("\r\n", "\n").strip())
        return texts

    def _shown(self, rule: dict[str, Any]) -> dict[str, Any]:
        shown = super()._shown(rule)
        seconds = rule.get("seconds")
        if isinstance(seconds, int):
            shown["minutes"] = seconds // _MINUTE if seconds % _MINUTE == 0 else round(seconds / _MINUTE, 2)
        for key in _TEXTS:
            texts = rule.get(key)
            for tag in _SHOWN_LANGUAGES:
                shown[f"{key}_{tag}"] = texts.get(tag, "") if isinstance(texts, dict) else ""
        return shown


FORMS: Final[dict[str, type[RuleForm]]] = {
    "oversight": OversightForm,
    "scopes": ScopeForm,
    "risk_levels": RiskForm,
    "triggers": TriggerForm,
    "budgets": BudgetForm,
    "wait": WaitForm,
}
