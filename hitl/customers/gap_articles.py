"""From a knowledge gap to a draft of a published answer: what a person told one customer helps the next ones."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hitl.customers import articles
from hitl.customers.models import Article
from reviewqueue.domain import gaps
from reviewqueue.domain.people import by
from reviewqueue.models import Gap
from reviewqueue.queries import clock
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission
from reviewqueue.web.visit import person, posted, signed_in

_LONGEST_TITLE, _LONGEST_BODY = 200, 20_000


@signed_in
@require_POST
def draft(request: HttpRequest, gap_id: str) -> HttpResponse:
    """``/gaps/…/article``: keep a draft; only an administrator publishes it."""
    who, said = person(request), posted(request)
    if not who.may(Permission.MEND_GAPS):
        raise PermissionDenied(_("Your role does not see to knowledge gaps."))
    found = Gap.objects.filter(pk=gap_id).first()
    if found is None:
        raise Http404
    title, body = said.get("title", "").strip(), said.get("body", "").strip()
    if not title or not body or len(title) > _LONGEST_TITLE or len(body) > _LONGEST_BODY:
        raise Refusal("invalid-request", _("An answer has a question and a text."))
    article = _kept(found, title=title, body=body, language=said.get("language", ""), who=who)
    messages.success(request, _("Kept as a draft: %s. An administrator publishes it.") % article.slug)
    return redirect("gap", gap_id=found.pk)


@transaction.atomic
def _kept(gap: Gap, *, title: str, body: str, language: str, who: Any) -> Article:
    """The draft of this gap in this language; a draft that is there already becomes its next version."""
    chosen = language if language in Article.Language.values else Article.Language.ENGLISH
    slug = gap.article or f"{slugify(title)[:40]}-{gap.pk[-6:]}".strip("-")
    article = Article.objects.filter(slug=slug, language=chosen).first() or Article(slug=slug, language=chosen)
    if article.pk and article.state != Article.State.DRAFT:
        raise Refusal("not-pending", _("This answer is published already; an administrator changes it."))
    article.title, article.body, article.state = (
        title.replace("\x00", ""),
        body.replace("\x00", ""),
        Article.State.DRAFT,
    )
    at = clock.now()
    articles.save(article, author=who, actor=by(who), at=at)
    gaps.note_article(gap, slug=slug, person=who, at=at)
    return article
