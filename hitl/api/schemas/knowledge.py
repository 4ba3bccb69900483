"""Published answers as agents get them."""

from hitl.api.schemas.answers import Time
from hitl.api.schemas.base import Answered


class Article(Answered):
    """One published answer in one language; `version` grows with each change."""

    slug: str
    language: str
    title: str
    text: str
    version: int
    changed_at: Time
    url: str


class Articles(Answered):
    """Published answers, the likeliest first."""

    articles: list[Article]
