"""The sampling rules and the scorecard in the admin."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from reviewqueue.admin.acting import actor
from reviewqueue.admin.explained import Explained
from reviewqueue.admin.plans import Plans
from reviewqueue.domain import scorecards
from reviewqueue.models import SamplingRules, Scorecard
from reviewqueue.queries import clock, drawing
from reviewqueue.refusal import Refusal

_RISKS: Final = ("low", "medium", "high", "critical")
_MOST_WEIGHT: Final = 1_000


class SamplingRulesForm(forms.ModelForm):  # type: ignore[type-arg]
    """Lists and weights are checked, so that no draw fails for them."""

    def clean_strata(self) -> list[str]:
        """Columns that there are, each once."""
        named = self.cleaned_data["strata"]
        known = isinstance(named, list) and all(name in drawing.COLUMNS for name in named)
        if not known or len(set(named)) < len(named):
            raise ValidationError(_("A list, each once, of: %(names)s.") % {"names": ", ".join(drawing.COLUMNS)})
        return list(named)

    def clean_risk_weights(self) -> dict[str, float]:
        """A weight above 0 for each class of risk."""
        named = self.cleaned_data["risk_weights"]
        fits = isinstance(named, dict) and set(named) == set(_RISKS)
        if not fits or not all(_is_number(weight) and 0 < weight <= _MOST_WEIGHT for weight in named.values()):
            raise ValidationError(_("A number above 0 for each of: %(names)s.") % {"names": ", ".join(_RISKS)})
        return dict(named)

    def clean_value_bands(self) -> list[float]:
        """Amounts that rise."""
        bands = self.cleaned_data["value_bands"]
        fits = isinstance(bands, list) and all(_is_number(band) and band > 0 for band in bands)
        if not fits or bands != sorted(set(bands)):
            raise ValidationError(_("A list of amounts that rise, such as [50, 200, 1000]."))
        return list(bands)

    def clean(self) -> dict[str, Any]:
        """Floors take no more than half of the sample, so one stratum fits at least."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        size, floor = data.get("size"), data.get("floor")
        if size is not None and floor is not None and floor > size:
            raise ValidationError({"floor": _("At most as many as the sample has cases.")})
        return data


@admin.register(SamplingRules)
class SamplingRulesAdmin(Plans):
    """One row: how each week's sample is drawn, from the next week on."""

    form = SamplingRulesForm
    list_display = ("__str__", "size", "floor", "live_share", "double_share", "targeted_most")
    fieldsets = (
        (_("Random sample"), {"fields": ("size", "floor", "strata", "value_bands")}),
        (_("More where risk is"), {"fields": ("risk_weights", "released_weight")}),
        (_("When and by whom"), {"fields": ("live_share", "double_share", "draw_after_hours")}),
        (_("Chosen for a reason"), {"fields": ("targeted_most", "low_csat")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one at most."""
        return super().has_add_permission(request) and not SamplingRules.objects.exists()


class ScorecardForm(forms.ModelForm):  # type: ignore[type-arg]
    """Questions and codes as lines: a key, what it asks, and help."""

    questions = forms.CharField(
        label=_("questions"),
        widget=forms.Textarea(attrs={"rows": 8, "cols": 90}),
        help_text=_("One a line: key: question | help. Each is answered with yes, partly or no."),
        required=False,
    )
    error_codes = forms.CharField(
        label=_("error codes"),
        widget=forms.Textarea(attrs={"rows": 10, "cols": 90}),
        help_text=_("One a line: code: what was wrong."),
        required=False,
    )

    class Meta:
        model = Scorecard
        fields = ("title",)

    def clean(self) -> dict[str, Any]:
        """The lines as the verb takes them."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        data["items"] = [_line(text, "key") for text in _lines(data.get("questions", ""))]
        data["codes"] = [_line(text, "code") for text in _lines(data.get("error_codes", ""))]
        if faults := scorecards.faults(data["items"], data["codes"]):
            raise ValidationError(faults[0])
        return data


@admin.register(Scorecard)
class ScorecardAdmin(Explained, admin.ModelAdmin):  # type: ignore[type-arg]
    """Each version as it was published; a change is the next version."""

    form = ScorecardForm
    explains = {"title": _("It stands above the questions.")}
    list_display = ("version", "title", "published_by", "published_at")
    fields = ("title", "questions", "error_codes")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The next version begins as the newest one."""
        newest = scorecards.current()
        if newest is None:
            return super().get_changeform_initial_data(request)
        return {"title": newest.title, **_as_lines(newest)}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """A published one is shown as it is."""
        form = super().get_form(request, obj, change, **kwargs)
        if obj is not None:
            for name, text in _as_lines(obj).items():
                form.base_fields[name].initial = text
        return form

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """What people answered names it."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """The same."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, _change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Published for every verdict from now on."""
        data = form.cleaned_data
        try:
            made = scorecards.publish(
                title=data["title"],
                items=data["items"],
                codes=data["codes"],
                actor=actor(request),
                at=clock.now(),
                author=request.user.pk,
            )
        except Refusal as refusal:
            raise ValidationError(refusal.says) from refusal
        obj.__dict__.update(made.__dict__)


def _as_lines(card: Scorecard) -> dict[str, str]:
    items = [f"{one['key']}: {one['title']}" + (f" | {one['help']}" if one.get("help") else "") for one in card.items]
    codes = [f"{one['code']}: {one['title']}" for one in card.codes]
    return {"questions": "\n".join(items), "error_codes": "\n".join(codes)}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _line(text: str, name: str) -> dict[str, str]:
    key, _colon, rest = text.partition(":")
    title, _bar, told = rest.partition("|")
    return {name: key.strip(), "title": title.strip(), "help": told.strip()}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
