"""``/contact/``: write to us, with answers suggested on the way; and ``/help/``, all published answers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, TimestampSigner
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hitl.customers import articles, contacting, door
from hitl.customers.door import for_customers
from hitl.customers.models import Article, Topic
from reviewqueue.queries import clock, links
from reviewqueue.refusal import Refusal

# Nobody writes a message in less; a program does.
_SOONEST: Final = 3
_LATEST: Final = 24 * 3600
_SHORTEST_TEXT: Final = 10
_MOST_SHOWN: Final = 100
_signer = TimestampSigner(salt="contact form")


class ContactForm(forms.Form):
    """What somebody writes. ``website`` is hidden from people: only a program fills it in."""

    name = forms.CharField(max_length=contacting.LONGEST_NAME)
    email = forms.CharField(max_length=200)
    topic = forms.CharField(max_length=50, required=False)
    text = forms.CharField(max_length=contacting.LONGEST_TEXT, min_length=_SHORTEST_TEXT)
    website = forms.CharField(required=False)
    started = forms.CharField(required=False)
    seen = forms.CharField(required=False)

    def clean_email(self) -> str:
        """An address, in one line."""
        email: str = self.cleaned_data["email"].strip()
        try:
            validate_email(email)
        except ValidationError:
            raise ValidationError(_("This is not an e-mail address.")) from None
        return email

    def clean_name(self) -> str:
        """In one line."""
        return " ".join(str(self.cleaned_data["name"]).split())

    def clean_text(self) -> str:
        """Without what cannot be kept."""
        return "".join(c for c in self.cleaned_data["text"] if not "\ud800" <= c <= "\udfff")


def _turned_back(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return door.too_often(request)
    return _page(request, ContactForm(request.POST), says=door.in_a_minute())


@for_customers(turned_back=_turned_back)
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """The form; on POST answers that may help first, then a case and the way to its page."""
    form = ContactForm(request.POST) if request.method == "POST" else ContactForm()
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, status=422 if request.method == "POST" else 200)
    if form.cleaned_data["website"]:
        return door.show(request, "customers/thanks.html", {})
    if not _in_time(form.cleaned_data["started"]):
        return _page(request, form, says=_("Please look at it once more and send it again."), status=422)
    at = clock.now()
    if not form.cleaned_data["seen"] and (found := _suggested(form.cleaned_data["text"], at)):
        return _page(request, form, suggested=found)
    return _written(request, form, at)


def _nothing(request: HttpRequest) -> HttpResponse:
    return _suggestions(request, [])


@for_customers(looks=True, turned_back=_nothing)
@require_POST
def suggestions(request: HttpRequest) -> HttpResponse:
    """Answers to what is being typed; posted, so that nobody's words stand in an address."""
    text = request.POST.get("text", "")[: contacting.LONGEST_TEXT]
    return _suggestions(request, _suggested(text, clock.now(), known=request.POST.getlist("shown")))


def _suggestions(request: HttpRequest, found: list[Article]) -> HttpResponse:
    shown = {*request.POST.getlist("shown")[:_MOST_SHOWN], *(str(article.pk) for article in found)}
    context = {"suggested": found, "shown": sorted(shown), "query": _query(request)}
    return door.show(request, "customers/_suggestions.html", context)


@for_customers()
@require_safe
def answers(request: HttpRequest) -> HttpResponse:
    """Every published answer, or those that fit a search."""
    asked = request.GET.get("q", "")[:200]
    language = translation.get_language() or "en"
    found = articles.search(asked, language=language, limit=20) if asked.strip() else articles.published(language)
    return door.show(request, "customers/answers.html", {"found": found, "asked": asked, **_around(request)})


@for_customers()
@require_safe
def answer(request: HttpRequest, slug: str) -> HttpResponse:
    """One answer."""
    article = _article(slug)
    if article is None:
        return door.show(request, "customers/unknown.html", {}, status=404)
    articles.count([article], "opened", at=clock.now())
    return door.show(request, "customers/answer.html", {"article": article, **_around(request)})


@for_customers()
@require_POST
def helped(request: HttpRequest, slug: str) -> HttpResponse:
    """Count that an answer made writing to us unnecessary."""
    if article := _article(slug):
        articles.count([article], "helped", at=clock.now())
    return door.show(request, "customers/thanks.html", {"helped": True})


def _written(request: HttpRequest, form: ContactForm, at: datetime) -> HttpResponse:
    said = form.cleaned_data
    try:
        case = contacting.write(
            name=said["name"],
            email=said["email"],
            topic=Topic.objects.filter(name=said["topic"], active=True).select_related("queue").first(),
            text=said["text"],
            language=translation.get_language() or "en",
            at=at,
        )
    except Refusal as refusal:
        return _page(request, form, says=refusal.says, status=429)
    response = redirect("wait", links.token(case))
    response.status_code = 303
    return response


def _page(
    request: HttpRequest,
    form: ContactForm,
    *,
    says: str = "",
    suggested: list[Article] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "says": says,
        "suggested": suggested,
        "topics": Topic.objects.filter(active=True),
        "started": _started(request),
        "longest": contacting.LONGEST_TEXT,
        **_around(request),
    }
    return door.show(request, "customers/contact.html", context, status=status)


def _suggested(text: str, at: datetime, *, known: Collection[str] = ()) -> list[Article]:
    """What may answer it; what was suggested for the same message before does not count again."""
    found = articles.search(text, language=translation.get_language() or "en", limit=3)
    articles.count([article for article in found if str(article.pk) not in known], "shown", at=at)
    return found


def _article(slug: str) -> Article | None:
    rows = Article.objects.filter(slug=slug, state=Article.State.PUBLISHED)
    return rows.filter(language=translation.get_language()).first() or rows.first()


def _in_time(started: str) -> bool:
    """Begun some seconds ago on a form of ours, and not yesterday."""
    try:
        _signer.unsign(started, max_age=_LATEST)
    except BadSignature:
        return False
    try:
        _signer.unsign(started, max_age=_SOONEST)
    except BadSignature:
        return True
    return False


def _started(request: HttpRequest) -> str:
    """Since when this form is open: whoever gets it back has not begun anew."""
    given = request.POST.get("started", "")
    return given if _in_time(given) else _signer.sign("started")


def _query(request: HttpRequest) -> str:
    lang = request.GET.get("lang", "")
    return f"?lang={door.language(lang)}" if lang else ""


def _around(request: HttpRequest) -> dict[str, Any]:
    other = "de" if translation.get_language() == "en" else "en"
    return {"query": _query(request), "other": other, "other_name": translation.get_language_info(other)["name_local"]}
