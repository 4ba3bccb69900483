"""One table: every entry of every chain."""

import json
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit import chain
from audit.actions import DISPLAY, Actor, sentence


class Entry(models.Model):
    """One thing that happened to one subject; linked to the entry before it, never changed."""

    # The unique constraint below indexes the subject; a second index would only slow the intake.
    subject = models.CharField(_("subject"), max_length=120)
    seq = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("event"), max_length=60)
    at = models.DateTimeField(_("time"))
    actor_type = models.CharField(_("actor type"), max_length=10)
    actor_id = models.CharField(_("actor"), max_length=120)
    salt = models.CharField(_("salt"), max_length=32, null=True)  # noqa: DJ001 -- NULL is the mark of erasure
    body = models.TextField(_("body"), null=True)  # noqa: DJ001 -- NULL is the mark of erasure
    commitment = models.CharField(_("commitment"), max_length=64)
    prev = models.CharField(_("hash before"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints: ClassVar = [models.UniqueConstraint(fields=["subject", "seq"], name="audit_entry_place")]

    def __str__(self) -> str:
        return self.sentence

    @property
    def data(self) -> dict[str, Any]:
        """The body as written; empty once erased."""
        return {key: value for key, value in self._document().items() if key != DISPLAY}

    @property
    def actor(self) -> Actor:
        """Who did it; the name is gone once erased, the id stays."""
        return Actor(self.actor_type, self.actor_id, str(self._document().get(DISPLAY, "")))

    @property
    def erased(self) -> bool:
        """Whether its personal text has been removed."""
        return self.body is None

    @property
    def sentence(self) -> str:
        """What happened, for people, in the language in force."""
        return sentence(self.kind, self.actor, self.data)

    def as_row(self) -> dict[str, Any]:
        """The entry as the verifier and the export know it."""
        return {
            "subject": self.subject,
            "seq": self.seq,
            "kind": self.kind,
            "at": chain.instant(self.at),
            "actor": {"type": self.actor_type, "id": self.actor_id},
            "salt": self.salt,
            "body": self.body,
            "commitment": self.commitment,
            "prev": self.prev,
            "hash": self.hash,
        }

    def _document(self) -> dict[str, Any]:
        try:
            document = json.loads(self.body or "{}")
        except ValueError:  # Somebody damaged the row: the list must still open, verify says where.
            return {}
        return document if isinstance(document, dict) else {}
