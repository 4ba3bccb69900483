"""The contact form's topics and routes, and the answers that are published for everybody."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reviewqueue.models import Priority, Queue


class Topic(models.Model):
    """What somebody can write about; it leads to a queue."""

    name = models.SlugField(_("name"), unique=True)
    english = models.CharField(_("English"), max_length=80)
    german = models.CharField(_("German"), max_length=80, blank=True, help_text=_("Empty: as in English."))
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+", verbose_name=_("queue"))
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority.choices, default=Priority.NORMAL)
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("contact topic")
        verbose_name_plural = _("contact topics")
        ordering: ClassVar = ["position", "name"]

    def __str__(self) -> str:
        return self.english


class Route(models.Model):
    """Words that lead elsewhere than the topic would; the first one that fits counts."""

    words = models.CharField(
        _("words"),
        max_length=300,
        help_text=_("Separated by commas; one of them in the text is enough: lawyer, Anwalt."),
    )
    topic = models.ForeignKey(
        Topic, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("topic"), help_text=_("Empty: any.")
    )
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+", verbose_name=_("queue"))
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority.choices, default=Priority.HIGH)
    position = models.PositiveSmallIntegerField(_("position"), default=100)

    class Meta:
        verbose_name = _("contact route")
        verbose_name_plural = _("contact routes")
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.words[:40]} → {self.queue}"


class Article(models.Model):
    """One answer in one language. Every version that was ever saved stays."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        RETIRED = "retired", _("no longer offered")

    class Language(models.TextChoices):
        ENGLISH = "en", _("English")
        GERMAN = "de", _("German")

    slug = models.SlugField(_("address"), help_text=_("The same for each language of one answer."))
    language = models.CharField(_("language"), max_length=2, choices=Language.choices, default=Language.ENGLISH)
    title = models.CharField(pgettext_lazy("of an answer", "question"), max_length=200)
    body = models.TextField(
        _("answer"), max_length=20_000, help_text=_("Plain text; an empty line begins a paragraph.")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    changed_at = models.DateTimeField(_("changed"), editable=False)

    class Meta:
        verbose_name = _("published answer")
        verbose_name_plural = _("published answers")
        ordering: ClassVar = ["slug", "language"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["slug", "language"], name="one_article")]

    def __str__(self) -> str:
        return self.title


class ArticleVersion(models.Model):
    """What an answer said at some time, and who wrote it."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField(_("version"))
    title = models.CharField(pgettext_lazy("of an answer", "question"), max_length=200)
    body = models.TextField(_("answer"))
    state = models.CharField(_("state"), max_length=10)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("saved"))

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering: ClassVar = ["-version"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["article", "version"], name="one_article_version")]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class ArticleDay(models.Model):
    """How often an answer was suggested, opened, and made writing to us unnecessary, on one day."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    shown = models.PositiveIntegerField(default=0)
    opened = models.PositiveIntegerField(default=0)
    helped = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["article", "day"], name="one_article_day")]

    def __str__(self) -> str:
        return f"{self.article_id} {self.day}"
