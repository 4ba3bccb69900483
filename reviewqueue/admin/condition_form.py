"""A condition as a form: rows of fact, operator and value, joined by “any” or “all”; or as text."""

from __future__ import annotations

import json
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from reviewqueue.admin.rule_forms import lines
from reviewqueue.engine import policy_file
from reviewqueue.engine.catalogue import FACTS, Kind, fact_named
from reviewqueue.engine.faults import PolicyError
from reviewqueue.engine.saying import Label, RuleName
from reviewqueue.engine.wordlists import word_lists
from reviewqueue.queries import reader

OPERATORS: Final = {
    "over": _("over"),
    "at_least": _("at least"),
    "under": _("under"),
    "at_most": _("at most"),
    "is": _("is"),
    "in": _("is one of"),
    "has_any": _("has one of"),
    "matches_any": _("matches one of (RE2)"),
}
_LISTS: Final = ("in", "has_any", "matches_any")
_UNITS: Final = {
    Kind.MONEY: _("an amount in the policy's currency"),
    Kind.NUMBER: _("a number"),
    Kind.SHARE: _("a share of 1: 0.7 is 70 %"),
    Kind.SERIES: _("from -1 to 1, of each message"),
    Kind.WORD: _("a word"),
    Kind.FLAG: _("true or false"),
    Kind.WORDS: _("a list of words; limits count them"),
    Kind.TEXT: _("text"),
    Kind.DATE: _("a day"),
    Kind.FREE: _("what the agent sends"),
}
ALWAYS, ANY, ALL, TEXT = "always", "any", "all", "text"


def _facts() -> list[tuple[str, str]]:
    return [("", "")] + [
        (name, f"{name} - {reader.said(Label(fact.label))} ({_UNITS[fact.kind]})") for name, fact in FACTS.items()
    ]


class RowForm(forms.Form):
    """One question of one fact."""

    fact = forms.CharField(
        label=_("Fact"),
        required=False,
        widget=forms.TextInput(attrs={"list": "facts", "size": 32}),
        help_text=_("Also action.args.… and customer.attributes.…"),
    )
    operator = forms.ChoiceField(label=_("is"), required=False, choices=[("", ""), *OPERATORS.items()])
    value = forms.CharField(
        label=_("Value"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 1, "cols": 40})
    )
    for_last = forms.IntegerField(label=_("last messages"), required=False, min_value=1)
    if_unknown = forms.ChoiceField(
        label=_("When unknown"),
        required=False,
        choices=[("", _("as usual for the fact")), ("fire", _("it counts as so")), ("pass", _("it does not"))],
    )


class HowForm(forms.Form):
    """How the rows are joined, or the condition as text; and lists of words to add."""

    how = forms.ChoiceField(
        label=_("It fires"),
        choices=[
            (ALWAYS, _("always, wherever it applies")),
            (ANY, _("when one of the rows below holds")),
            (ALL, _("when all of the rows below hold")),
            (TEXT, _("when the text below says so")),
        ],
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("As text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "cols": 90, "spellcheck": "false"}),
        help_text=_('YAML as in the policy file, for example: {cel: "action.value.amount > 50.0"}'),
    )
    word_lists = forms.MultipleChoiceField(
        label=_("Add ready-made words of the customer"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {"en": _("English"), "de": _("German")}
        choices = [(one.key, f"{reader.said(RuleName(one.subject))} ({names[one.language]})") for one in word_lists()]
        self.fields["word_lists"].choices = choices  # type: ignore[attr-defined]


Rows = forms.formset_factory(RowForm, extra=2, max_num=52)


class ConditionForms:
    """The forms of one condition. ``made`` gives it back: word for word as it was when nothing was touched."""

    def __init__(self, when: Any, posted: Any = None) -> None:
        self.when = when
        self.leaves, how = _flat(when)
        shown = [_shown(leaf) for leaf in self.leaves]
        text = policy_file.dump(when).strip() if isinstance(when, dict) else ""
        self.how = HowForm(posted, prefix="how", initial={"how": how, "text": text})
        self.rows = Rows(posted, prefix="rows", initial=shown)

    def is_valid(self) -> bool:
        """Whether all of it can be read."""
        return bool(self.how.is_valid() and self.rows.is_valid())

    def made(self) -> Any:
        """The condition, ``None`` for always. Raises ``PolicyError`` for text that is no YAML."""
        how, added = self.how.cleaned_data["how"], self._added()
        if how == ALWAYS and not added:
            return None
        if how == TEXT:
            when = policy_file.load(self.how.cleaned_data["text"]) if "text" in self.how.changed_data else self.when
            return {"any": [when, added]} if added else when
        leaves = [leaf for row, old in zip(self.rows.forms, self._olds(), strict=True) if (leaf := _leaf(row, old))]
        leaves += [added] if added else []
        if len(leaves) == 1:
            kept = isinstance(self.when, dict) and how in self.when
            return {how: leaves} if kept and not added else leaves[0]
        return {ANY if how == ALWAYS else how: leaves} if leaves else None

    def add_faults(self, faults: list[tuple[str, str]]) -> None:
        """Faults by their paths inside the condition, beside the row where there is one."""
        for path, says in faults:
            steps = path.strip("/").split("/")
            place = int(steps[1]) if len(steps) > 1 and steps[1].isdigit() and steps[0] in {ANY, ALL} else 0
            rows = [row for row in self.rows.forms if row.cleaned_data.get("fact")]
            if self.how.cleaned_data.get("how") == TEXT or place >= len(rows):
                self.how.add_error("text" if self.how.cleaned_data.get("how") == TEXT else None, f"{path}: {says}")
            else:
                rows[place].add_error("fact" if steps[-1] == "fact" else "value", says)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Every fact with its kind, for the list of suggestions."""
        return _facts()[1:]

    def _olds(self) -> list[Any]:
        return [*self.leaves, *[None] * (len(self.rows.forms) - len(self.leaves))]

    def _added(self) -> dict[str, Any] | None:
        chosen = {one.key: one for one in word_lists()}
        patterns = [pattern for key in self.how.cleaned_data["word_lists"] for pattern in chosen[key].patterns]
        return {"fact": "text.customer", "matches_any": patterns} if patterns else None


def _flat(when: Any) -> tuple[list[Any], str]:
    """The leaves of a condition that rows can show, and how they are joined."""
    if when is None:
        return [], ALWAYS
    if isinstance(when, dict):
        for head in (ANY, ALL):
            if set(when) == {head} and isinstance(when[head], list) and all(map(_is_leaf, when[head])):
                return when[head], head
        if _is_leaf(when):
            return [when], ALL
    return [], TEXT


def _is_leaf(when: Any) -> bool:
    return isinstance(when, dict) and "fact" in when and sum(name in when for name in OPERATORS) == 1


def _shown(leaf: dict[str, Any]) -> dict[str, Any]:
    operator = next(name for name in OPERATORS if name in leaf)
    value = leaf[operator]
    text = "\n".join(map(_text, value)) if isinstance(value, list) else _text(value)
    kept = {name: leaf.get(name, "") for name in ("fact", "for_last", "if_unknown")}
    return kept | {"operator": operator, "value": text}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _leaf(row: forms.Form, old: dict[str, Any] | None) -> dict[str, Any] | None:
    said = row.cleaned_data
    if not said.get("fact"):
        return None
    if old is not None and not row.has_changed():
        return old
    operator = said["operator"] or "is"
    before = old or {}
    same = operator in before and "value" not in row.changed_data
    value = before[operator] if same else _value(said, operator)
    leaf: dict[str, Any] = {"fact": said["fact"], operator: value}
    for name in ("for_last", "if_unknown"):
        if said.get(name):
            leaf[name] = said[name]
    return leaf


def _value(said: dict[str, Any], operator: str) -> Any:
    text = said["value"].replace("\r\n", "\n")
    if operator == "matches_any":
        return [line for line in text.split("\n") if line.strip()]
    fact = fact_named(said["fact"])
    kind = fact.kind if fact else Kind.FREE
    if operator in _LISTS:
        return [_scalar(word, kind) for word in lines(text)]
    return _scalar(text.strip(), kind)


def _scalar(text: str, kind: Kind) -> Any:
    """Numbers and flags as such; words, money and dates as written."""
    if kind is Kind.FLAG or (kind is Kind.FREE and text in {"true", "false"}):
        return {"true": True, "false": False}.get(text.lower(), text)
    if kind in {Kind.MONEY, Kind.WORD, Kind.WORDS, Kind.TEXT, Kind.DATE}:
        return text
    try:
        number = json.loads(text)
    except ValueError:
        return text
    return number if isinstance(number, int | float) and not isinstance(number, bool) else text


__all__ = ["ConditionForms", "PolicyError"]
