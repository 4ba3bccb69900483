"""GET /knowledge/articles: the published answers, for agents whose key has the scope `knowledge`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from ninja.decorators import decorate_view

from hitl.api import door, replies
from hitl.api.callers import AgentRequest
from hitl.api.schemas import knowledge
from hitl.api.security import AgentKey
from hitl.customers import articles
from hitl.customers.models import Article
from reviewqueue.refusal import Refusal

router = Router(auth=AgentKey(), tags=["Agents: knowledge"])
_MOST = 50


@router.get("/knowledge/articles", operation_id="findArticles", response={200: knowledge.Articles})
@decorate_view(door.for_agents("knowledge"))
def find_articles(request: AgentRequest, q: str = "", language: str = "en", limit: int = 10) -> HttpResponse:  # noqa: ARG001 - the door has read it
    """Published answers that have to do with `q` in a language (`en`, `de`), the likeliest first; without `q` all."""
    most = min(max(limit, 1), _MOST)
    found = articles.search(q[:1000], language=language, limit=most) if q else articles.published(language)[:most]
    return replies.of({"articles": [_shown(article) for article in found]})


@router.get("/knowledge/articles/{slug}", operation_id="readArticle", response={200: knowledge.Article})
@decorate_view(door.for_agents("knowledge"))
def read_article(request: AgentRequest, slug: str, language: str = "en") -> HttpResponse:  # noqa: ARG001 - the door has read it
    """One published answer in a language."""
    article = Article.objects.filter(slug=slug, language=language, state=Article.State.PUBLISHED).first()
    if article is None:
        raise Refusal("not-found", _("There is no such answer in this language."))
    return replies.of(_shown(article))


def _shown(article: Article) -> dict[str, Any]:
    return {
        "slug": article.slug,
        "language": article.language,
        "title": article.title,
        "text": article.body,
        "version": article.version,
        "changed_at": replies.instant(article.changed_at),
        "url": f"{settings.PUBLIC_URL}/help/{article.slug}/?lang={article.language}",
    }
