"""How actions read, in the admin: write a sentence, see it with an example."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.functional import lazy
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reviewqueue.admin.acting import actor
from reviewqueue.admin.explained import Explained
from reviewqueue.domain import phrasing
from reviewqueue.engine import phrases
from reviewqueue.models import Wording
from reviewqueue.queries import clock

PREVIEW: Final = "_preview"


class WordingForm(forms.ModelForm):  # type: ignore[type-arg]
    """Refuses a sentence that could not be shown."""

    class Meta:
        model = Wording
        fields = ("kind", "name", "english", "german", "english_effect", "german_effect", "example")
        # Sentences are short, and the preview is to be seen beside them.
        widgets: ClassVar = dict.fromkeys(fields[2:-1], forms.Textarea(attrs={"rows": 3, "cols": 80}))

    def clean(self) -> dict[str, Any]:
        """Every fault beside its field."""
        cleaned: dict[str, Any] = super().clean() or {}
        given = {name: cleaned[name] for name in self._meta.fields or () if name in cleaned}
        for fault in phrasing.check(Wording(**given)):
            name = fault["pointer"].removeprefix("/")
            self.add_error(name if name in self.fields else None, fault["detail"])
        return cleaned

    def is_valid(self) -> bool:
        """A look at the sentences is never saved: the form comes back with what was typed."""
        fits = super().is_valid()
        if self.is_bound:
            self.instance.fitting = set(self.fields) - set(self.errors)
        return fits and PREVIEW not in self.data


def _placeholders() -> str:
    says = gettext(
        "Placeholders stand in braces: {value}, {args.…}, {customer.…}, with filters after a bar: %s. "
        "An action without a value for one of them is shown by its name instead."
    )
    return says % ", ".join(sorted(phrases.FILTERS))


@admin.register(Wording)
class WordingAdmin(Explained, admin.ModelAdmin):  # type: ignore[type-arg]
    """Reviewers read these sentences in place of the action's name; the exact action stands below them always."""

    form = WordingForm
    explains = {
        "kind": _("The kind of action, as agents send it."),
        "german_effect": _("Empty: the English sentence."),
    }
    change_form_template = "admin/wording.html"
    list_display = ("name", "kind", "english", "german", "version")
    list_display_links = ("name", "english")
    list_filter = ("kind",)
    search_fields = ("name", "english", "german")
    readonly_fields = ("preview", "version")
    save_on_top = True
    fieldsets = (
        (None, {"fields": ("kind", "name")}),
        (
            _("Sentences"),
            {
                "fields": ("english", "german", "english_effect", "german_effect"),
                "description": lazy(_placeholders, str)(),
            },
        ),
        (_("Example"), {"fields": ("example", "preview", "version")}),
    )

    @admin.display(description=_("preview"))
    def preview(self, wording: Wording) -> SafeString:
        """The sentences with the example in them, as they stand in the form."""
        return format_html('<div id="reads" tabindex="-1">{}</div>', _shown(wording))

    def save_model(self, request: HttpRequest, obj: Wording, _form: Any, _change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Through the verb, which records it."""
        phrasing.save(obj, actor=actor(request), at=clock.now())

    def delete_model(self, request: HttpRequest, obj: Wording) -> None:
        """Through the verb, which records it."""
        phrasing.remove(obj, actor=actor(request), at=clock.now())

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Each through the verb."""
        for wording in queryset:
            phrasing.remove(wording, actor=actor(request), at=clock.now())


def _shown(wording: Wording) -> SafeString | str:
    fitting = getattr(wording, "fitting", None)
    if fitting is None and not wording.pk:
        return gettext("Press “Preview” to see it; nothing is saved by that.")
    if fitting is not None and "example" not in fitting:
        return gettext("The example must be right first.")
    held = phrasing.data(wording.example)
    names = [name for name in phrasing.SENTENCES if fitting is None or name in fitting]
    lines = [line for name in names if (line := _filled(getattr(wording, name), held, _truth(name)))]
    if not lines:
        return gettext("No sentence can be shown yet.")
    return format_html_join("", "<p>{}</p>", ((line,) for line in lines))


def _truth(sentence: str) -> phrases.Truth:
    return phrases.GERMAN if sentence.startswith("german") else phrases.ENGLISH


def _filled(text: str, held: dict[str, Any], truth: phrases.Truth) -> SafeString:
    pieces = phrases.render(phrases.parse(text), held, truth=truth) or ()
    return format_html_join("", "{}", ((format_html("<b>{}</b>", said) if own else said,) for said, own in pieces))
