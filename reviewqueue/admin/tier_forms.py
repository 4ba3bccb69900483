"""Costs of failure as a form: a row for each tier, with a limit of its own."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from reviewqueue.admin.rule_forms import choices, lines
from reviewqueue.engine import telling
from reviewqueue.engine.rulebook import OUTCOMES, PRIORITIES

_WHO: Final = ("tier", "segment")
_OWN: Final = ("over", "outcome", "eyes", "queue", "priority")


def _as_above(offered: list[Any]) -> list[Any]:
    return [("", _("as above")), *offered]


class TierForm(forms.Form):
    """For whom, from which amount, and what then; what is empty is as the trigger says."""

    tier = forms.CharField(label=_("Customer tiers"), required=False)
    segment = forms.CharField(label=_("Customer segments"), required=False)
    over = forms.CharField(label=_("Value over"), required=False)
    outcome = forms.ChoiceField(label=_("What happens"), required=False, choices=_as_above(choices(OUTCOMES)))
    eyes = forms.TypedChoiceField(
        label=_("People"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=_as_above([(1, _("one")), (2, _("two"))]),
    )
    queue = forms.CharField(label=_("Queue"), required=False)
    priority = forms.ChoiceField(label=_("Priority"), required=False, choices=_as_above(choices(PRIORITIES)))


Rows = forms.formset_factory(TierForm, extra=2, max_num=50)


class TierForms:
    """The rows of one trigger. ``made`` gives them back: word for word as they were where nothing was touched."""

    short: Final = ("over", "eyes", "queue", "priority")

    def __init__(self, tiers: Any, posted: Any = None) -> None:
        self.tiers = [line for line in tiers if isinstance(line, dict)] if isinstance(tiers, list) else []
        self.rows = Rows(posted, prefix="tiers", initial=[_shown(line) for line in self.tiers])

    def is_valid(self) -> bool:
        """Whether all of it can be read."""
        return bool(self.rows.is_valid())

    def made(self) -> list[dict[str, Any]]:
        """The lines; a row that says nothing is none."""
        olds = [*self.tiers, *[None] * (len(self.rows.forms) - len(self.tiers))]
        return [line for row, old in zip(self.rows.forms, olds, strict=True) if (line := _line(row, old))]

    def add_faults(self, faults: list[tuple[str, str]]) -> None:
        """Faults by their paths inside the lines, each beside its field."""
        rows = [row for row in self.rows.forms if _says_something(row)]
        for path, says in faults:
            place, _slash, rest = path.strip("/").partition("/")
            name = rest.rpartition("/")[2].partition("/")[0]
            row = rows[int(place)] if place.isdigit() and int(place) < len(rows) else self.rows.forms[0]
            row.add_error(name if name in row.fields else None, says)


def _shown(line: dict[str, Any]) -> dict[str, Any]:
    match = line.get("match")
    who = {key: ", ".join(telling.words(match.get(key))) if isinstance(match, dict) else "" for key in _WHO}
    return who | {key: line.get(key, "") for key in _OWN}


def _says_something(row: forms.Form) -> bool:
    return any(row.cleaned_data.get(name) for name in row.fields)


def _line(row: forms.Form, old: dict[str, Any] | None) -> dict[str, Any] | None:
    if not _says_something(row):
        return None
    if old is not None and not row.has_changed():
        return old
    line = dict(old or {})
    given = line.get("match")
    match = dict(given) if isinstance(given, dict) else {}
    for key in set(row.changed_data) & set(_WHO):
        _set(match, key, lines(row.cleaned_data[key]))
    for key in (name for name in _OWN if name in row.changed_data):
        _set(line, key, row.cleaned_data[key])
    return line | {"match": match}


def _set(target: dict[str, Any], name: str, value: Any) -> None:
    if value in ("", None, []):
        target.pop(name, None)
    else:
        target[name] = value
