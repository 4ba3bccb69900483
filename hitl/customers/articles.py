"""Published answers: saved with every version, found by their words, counted when they help."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import F

from audit.actions import Actor
from hitl.customers import wordindex
from hitl.customers.models import Article, ArticleDay, ArticleVersion
from reviewqueue.domain import configuring
from reviewqueue.engine.terms import terms

MOST: Final = 5
_LOOKED_AT: Final = 20
_SHORTEST: Final = 3
# Words that stand in every sentence say nothing about what somebody wants to know.
_COMMON_WORDS: Final = (
    "about after again all and any are been but can could did does for from get had has have her him his how "
    "into its just like may more much not now off one our out over please she should some that the their them "
    "then there they this too very want was were what when where which who why will with would you your hello "
    "thanks aber alle als also auch auf aus bei bin bis bitte das dass dem den der des die doch durch ein eine "
    "einem einen einer fur haben habe hallo hat ich ihr ihre ihren ist kann konnen man mehr mein meine mich "
    "mir mit nach nicht noch nur oder sein sich sie sind uber und uns unser von vor wann war was wenn wer wie "
    "wir wird wo zu zum zur "
)
_COMMON: Final = frozenset(_COMMON_WORDS.split())


@transaction.atomic
def save(article: Article, *, author: Any, actor: Actor, at: datetime) -> Article:
    """Store a new or changed answer as its next version; only a published one is found."""
    before = Article.objects.select_for_update().filter(pk=article.pk).first()
    names = ("slug", "language", "title", "body", "state")
    if before and all(getattr(before, name) == getattr(article, name) for name in names):
        return article
    article.version, article.changed_at = (before.version if before else 0) + 1, at
    article.save()
    ArticleVersion.objects.create(
        article=article,
        version=article.version,
        title=article.title,
        body=article.body,
        state=article.state,
        author=author,
        at=at,
    )
    if article.state == Article.State.PUBLISHED:
        wordindex.keep(article.pk, article.title, article.body)
    else:
        wordindex.forget(article.pk)
    body = {"slug": article.slug, "language": article.language, "version": article.version, "state": article.state}
    configuring.record(f"article:{article.pk}", "article.saved", actor=actor, at=at, body=body)
    return article


def search(text: str, *, language: str, limit: int = MOST) -> list[Article]:
    """Published answers in this language that have to do with the text, the likeliest first.

    A word in the question, or two in the answer, is the least that they must share.
    """
    words = [word for word in terms(text) if len(word) >= _SHORTEST and word not in _COMMON]
    found = Article.objects.filter(language=language, state=Article.State.PUBLISHED)
    likely = found.in_bulk(wordindex.find(words, limit=_LOOKED_AT))
    scored = [(_shared(words, article), article) for article in likely.values()]
    fit = [(score, article) for score, article in scored if score > 1]
    return [article for _score, article in sorted(fit, key=lambda each: (-each[0], each[1].pk))][:limit]


def published(language: str) -> list[Article]:
    """All of them, by their question."""
    return list(Article.objects.filter(language=language, state=Article.State.PUBLISHED).order_by("title"))


def count(articles: list[Article], what: str, *, at: datetime) -> None:
    """One more time ``shown``, ``opened`` or ``helped``."""
    for article in articles:
        row, _new = ArticleDay.objects.get_or_create(article=article, day=at.date())
        ArticleDay.objects.filter(pk=row.pk).update(**{what: F(what) + 1})


def _shared(words: list[str], article: Article) -> int:
    title, body = terms(article.title), terms(article.body)
    return sum(2 * _begins(word, title) + _begins(word, body) for word in words)


def _begins(word: str, known: list[str]) -> bool:
    return any(each.startswith(word) for each in known)
