"""Forms about a whole policy: where a draft comes from, its settings, its text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reviewqueue.admin.rule_forms import RuleForm
from reviewqueue.domain import policy_drafts
from reviewqueue.engine import starting

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.models import PolicyDraft

# As the files of the policies have it themselves, in English.
STARTING = {
    "conservative": _("Starting policy: Errs towards a person; loosen it by evidence, one intent at a time."),
    "strict": _("Strict: Nothing without a person, and lower limits: for an agent's first days and sensitive trades."),
    "e-mail-drafts": _(
        "E-mail drafts: The agent drafts, a person reads and sends; categories of replies may be let go one by one."
    ),
    "first-phase": _(
        "First phase: Crawl: only routing and the plainest questions go out, and a supervisor sees each of them."
    ),
    "by-use-case": _(
        "By use case: Questions alone, routing and small changes under watch, disputes and exceptions with a person."
    ),
}
_WIDE = {"rows": 30, "cols": 110, "spellcheck": "false"}


class BeginForm(forms.Form):
    """Where a draft comes from."""

    source = forms.ChoiceField(
        label=_("Begin from"),
        initial="version",
        widget=forms.RadioSelect,
        choices=[
            ("version", _("a published version: the one in force, or an earlier one to roll back to")),
            ("starting", _("a policy that comes with the desk")),
            ("text", _("a policy file")),
        ],
    )
    version = forms.IntegerField(
        label=_("Version"), required=False, min_value=1, help_text=_("Empty: the one in force.")
    )
    starting = forms.ChoiceField(
        label=_("Policy"), required=False, help_text=_("You change it before it is published.")
    )
    text = forms.CharField(
        label=_("File"),
        required=False,
        help_text=_("The whole file, as YAML or JSON."),
        widget=forms.Textarea(attrs=_WIDE | {"rows": 10}),
        strip=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starting"].choices = [(name, STARTING[name]) for name in starting.NAMES]  # type: ignore[attr-defined]

    def begin(self, *, author: Reviewer, at: datetime) -> PolicyDraft:
        """The draft."""
        said = self.cleaned_data
        if said["source"] == "text":
            return policy_drafts.begin_from_text(said["text"], author=author, at=at)
        if said["source"] == "starting":
            return policy_drafts.adopt(said["starting"], author=author, at=at)
        return policy_drafts.begin_from_version(said["version"], author=author, at=at)


class TextForm(forms.Form):
    """The whole policy file."""

    text = forms.CharField(
        label=_("Policy file"),
        widget=forms.Textarea(attrs=_WIDE),
        strip=False,
        help_text=_("Comments above the rules are made anew from what the rules say."),
    )


class SettingsForm(RuleForm):
    """What is no rule: name, money, default queue, undo window, expiry."""

    keys = ()
    plain = ("name", "description", "currency", "default_queue")
    numbers = ("undo_seconds",)

    name = forms.CharField(label=_("Name"))
    description = forms.CharField(
        label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 2, "cols": 60})
    )
    currency = forms.CharField(label=_("Currency"), max_length=3, help_text=_("Amounts are compared in it."))
    rates = forms.CharField(
        label=_("Rates"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 30}),
        help_text=_("What one unit of another currency is worth, a line each: USD 0.92. Without a rate it is unknown."),
    )
    default_queue = forms.CharField(label=_("Queue of cases that no rule sends elsewhere"))
    undo_seconds = forms.IntegerField(
        label=_("Seconds to take a decision back"), min_value=0, help_text=_("The agent gets its answer after them.")
    )
    expiry_seconds = forms.IntegerField(
        label=_("Seconds until an undecided case ends"),
        min_value=1,
        help_text=_("Nothing is approved by it. A proposal may say otherwise."),
    )

    def __init__(self, *args: Any, document: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, rule=document, **kwargs)

    def made(self) -> dict[str, Any]:
        """The document with these settings."""
        document = super().made()
        document.pop("match", None)
        if "rates" in self.changed_data:
            document["currency_rates"] = dict(
                _rate(line) for line in self.cleaned_data["rates"].splitlines() if line.strip()
            )
        if "expiry_seconds" in self.changed_data:
            expiry = document.get("expiry")
            kept = expiry if isinstance(expiry, dict) else {"outcome": "expire"}
            document["expiry"] = kept | {"seconds": self.cleaned_data["expiry_seconds"]}
        return document

    def add_faults(self, faults: list[tuple[str, str]]) -> None:
        """Only those of the settings: the rules have pages of their own."""
        fields = {"currency_rates": "rates", "expiry": "expiry_seconds"}
        for path, says in faults:
            name = path.strip("/").partition("/")[0]
            name = fields.get(name, name)
            if name in self.fields:
                self.add_error(name, f"{path}: {says}")

    def _shown(self, rule: dict[str, Any]) -> dict[str, Any]:
        rates, expiry = rule.get("currency_rates"), rule.get("expiry")
        told = [f"{code} {rate}" for code, rate in rates.items()] if isinstance(rates, dict) else []
        seconds = expiry.get("seconds", "") if isinstance(expiry, dict) else ""
        return super()._shown(rule) | {"rates": "\n".join(told), "expiry_seconds": seconds}


def _rate(line: str) -> tuple[str, str]:
    code, _space, rate = line.replace(":", " ").replace("=", " ").strip().partition(" ")
    return code, rate.strip()
