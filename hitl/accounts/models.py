"""People who sign in, and the personal tokens they make."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from hitl.accounts import browsers
from hitl.accounts.roles import PERMISSIONS, Role
from reviewqueue.rules import Permission


class User(AbstractUser):
    """A person: one role says what they may do, queues and skills say with which cases."""

    role = models.CharField(
        _("role"),
        max_length=20,
        choices=Role.choices,
        default=Role.REVIEWER,
        help_text=_("What this person may do. A change acts within two seconds, also on open pages."),
    )
    all_queues = models.BooleanField(
        _("all queues"), default=False, help_text=_("Works in every queue, also in those made later.")
    )
    skills = models.JSONField(
        _("skills"), default=list, blank=True, help_text=_('What this person is qualified for, such as ["billing"].')
    )
    languages = models.JSONField(
        _("languages"),
        default=list,
        blank=True,
        help_text=_('The languages of the cases this person gets, such as ["en", "de"]; none: all of them.'),
    )
    capacity = models.PositiveSmallIntegerField(
        _("cases at once"),
        null=True,
        blank=True,
        help_text=_("How many cases this person may hold at the same time; empty: the desk's default."),
    )
    reviews_quality = models.BooleanField(
        _("reviews quality"),
        default=False,
        help_text=_("Also judges the cases of the quality sample, whatever the role; never those they decided."),
    )
    # How they like to work: see ``reviewqueue.domain.habits``.
    habits = models.JSONField(default=dict, editable=False)
    epoch = models.PositiveIntegerField(default=0, editable=False)
    # The earliest version of the policy by which this person loosened it within a day of the last time.
    loosened_version = models.PositiveIntegerField(null=True, editable=False)
    loosened_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def may(self, permission: Permission) -> bool:
        """Does the role carry this permission, or was it given to this person?"""
        if not self.is_active:
            return False
        given = permission == Permission.REVIEW_QUALITY and self.reviews_quality
        return given or permission in PERMISSIONS.get(self.role, frozenset())

    @property
    def display(self) -> str:
        """The name that colleagues and agents see: first name and initial."""
        last = f" {self.last_name[:1]}." if self.last_name else ""
        return f"{self.first_name}{last}" if self.first_name else self.username

    @property
    def reference(self) -> str:
        """The id that leaves the desk."""
        return f"u_{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """An administrator may enter the admin; nobody else."""
        self.is_staff = self.is_superuser or self.role == Role.ADMIN
        super().save(*args, **kwargs)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """In Django's admin an administrator may configure; the models there hold no case text."""
        return super().has_perm(perm, obj) or self.may(Permission.CONFIGURE)

    def has_module_perms(self, app_label: str) -> bool:
        """See ``has_perm``."""
        return super().has_module_perms(app_label) or self.may(Permission.CONFIGURE)


def display(user: User) -> str:
    """How the device on which somebody keeps a passkey names them."""
    return user.display


class PersonalToken(models.Model):
    """A bearer token for the reviewers' wire: never more than its owner's own rights; only the hash is stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    label = models.CharField(_("label"), max_length=80, blank=True)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(_("starts with"), max_length=16, editable=False)
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("personal token")
        verbose_name_plural = _("personal tokens")
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.hint}… ({self.label or self.user})"


class SignIn(models.Model):
    """One open session: where it was opened, and when somebody was last there."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    session = models.CharField(max_length=40, unique=True)
    epoch = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=browsers.LONGEST, blank=True)

    class Meta:
        ordering: ClassVar = ["-seen_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.user_id} since {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def browser_name(self) -> str:
        """The browser in words."""
        return browsers.named(self.browser)


class Remembered(models.Model):
    """The table of Django's database cache, as a model so that migrations and tests treat it like every other."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "desk_cache"

    def __str__(self) -> str:
        return self.cache_key


class SignInAttempts(models.Model):
    """How often somebody tried to sign in lately; ``key`` is a hash, so the table tells nothing about anybody."""

    key = models.CharField(primary_key=True, max_length=64)
    count = models.PositiveIntegerField(default=0)
    since_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:8]}: {self.count}"
