"""A case: one pause of an agent, from its proposal to the end."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.conf import settings
from django.db import models
from django.db.models import Func
from django.utils.translation import gettext_lazy as _

from reviewqueue.engine import rank
from reviewqueue.models import ids
from reviewqueue.models.agent import Agent
from reviewqueue.models.conversation import Conversation
from reviewqueue.models.policy import PolicyVersion
from reviewqueue.models.queue import Priority, Queue

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler


class CurrentTransaction(Func):
    """PostgreSQL's number of the running transaction; 0 on SQLite."""

    template = "0"
    output_field = models.BigIntegerField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(pg_current_xact_id()::text::bigint)")


class State(models.TextChoices):
    """Where a case stands; ``domain/lifecycle.py`` holds the only table that moves it."""

    QUEUED = "queued", _("waiting for a reviewer")
    WATCHED = "watched", _("will be released unless stopped")
    RELEASED = "released", _("released by policy")
    CLAIMED = "claimed", _("with a reviewer")
    ASKED = "asked", _("waiting for an answer")
    SECOND_LOOK = "second_look", _("waiting for a second person")
    DECIDED = "decided", _("decided")
    TAKEN_OVER = "taken_over", _("taken over by a person")
    EXPIRED = "expired", _("expired")
    WITHDRAWN = "withdrawn", _("withdrawn by the agent")
    SUPERSEDED = "superseded", _("superseded")
    CLOSED = "closed", _("closed")
    IMPORTED = "imported", _("imported as history")


# Somebody has to do something about these; only they have a rank.
OPEN: Final = (State.QUEUED, State.CLAIMED, State.ASKED, State.SECOND_LOOK)

# By what the lists of cases are narrowed.
FILTERED: Final = ("state", "priority", "risk", "agent", "intent", "language", "worth", "value")


class Oversight(models.TextChoices):
    HUMAN_ONLY = "human_only", _("a person must take over")
    IN_THE_LOOP = "in_the_loop", _("a person must decide")
    ON_THE_LOOP = "on_the_loop", _("released under watch")
    OUT_OF_THE_LOOP = "out_of_the_loop", _("released")


class Case(models.Model):
    """One proposal of an agent and everything that became of it.

    ``proposal`` holds the received bytes, ``facts`` and ``verdict`` what the policy saw and said at that moment.
    """

    id = models.CharField(primary_key=True, max_length=40, default=ids.case_id)
    # Every index slows intake: these three are found by the ones below, or never looked for.
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="cases", db_index=False)
    dedupe_key = models.CharField(max_length=255)
    content_digest = models.CharField(max_length=71)
    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="cases")

    state = models.CharField(max_length=12, choices=State.choices)
    version = models.PositiveIntegerField(default=1)
    ledger_seq = models.PositiveIntegerField(default=1)
    outcome = models.CharField(max_length=12, blank=True)
    oversight = models.CharField(max_length=16, choices=Oversight.choices)
    waiting_on = models.CharField(max_length=12, blank=True)

    proposal = models.TextField()
    facts = models.JSONField()
    verdict = models.JSONField()
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, db_index=False)
    agent_version = models.CharField(max_length=100, blank=True)
    agent_model = models.CharField(max_length=100, blank=True)
    agent_prompt = models.CharField(max_length=100, blank=True)
    agent_knowledge = models.CharField(max_length=100, blank=True)
    trace_parent = models.CharField(max_length=60, blank=True)

    intent = models.CharField(max_length=100, blank=True)
    workflow = models.CharField(max_length=100, blank=True)
    channel = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=35, blank=True)
    customer_ref = models.CharField(max_length=200, blank=True)
    customer_name = models.CharField(max_length=200, blank=True)
    customer_tier = models.CharField(max_length=60, blank=True)
    issue = models.CharField(max_length=300, blank=True)
    value = models.DecimalField(max_digits=24, decimal_places=4, null=True)
    value_currency = models.CharField(max_length=3, blank=True)
    # The largest value in the policy's currency; null when there is none or the policy has no rate for it.
    worth = models.DecimalField(max_digits=24, decimal_places=4, null=True)
    # What the search index reads; a trigger of the database keeps it up.
    search_terms = models.TextField(blank=True, default="")

    # The case whose decision the customer does not accept: whoever decided that one may not decide this one.
    contests = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="contested_by", db_index=False
    )

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="cases", db_index=False)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    risk = models.CharField(max_length=10, default="medium")
    skills = models.JSONField(default=list)
    eyes = models.PositiveSmallIntegerField(default=1)

    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="claims", db_index=False
    )
    claimed_at = models.DateTimeField(null=True)
    claim_fence = models.PositiveIntegerField(default=0)
    claim_expires_at = models.DateTimeField(null=True)
    offered_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="offers", db_index=False
    )
    offered_until = models.DateTimeField(null=True)
    first_ruling = models.JSONField(null=True)
    first_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    # How much work lay before it, in turns of one reviewer, and within how many seconds half and four fifths of such
    # cases are answered, as its customer was told.
    turns_ahead = models.FloatField(null=True)
    told_p50 = models.PositiveIntegerField(null=True)
    told_p80 = models.PositiveIntegerField(null=True)

    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    # Whose turn it is (see engine/rank.py); set as long as the case is open, and only then.
    rank_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    release_at = models.DateTimeField(null=True)
    # The earliest moment at which a decision of this case takes effect; null while none is waiting.
    effective_at = models.DateTimeField(null=True)
    took_effect_at = models.DateTimeField(null=True)

    # Where its actions stand on the autonomy ladder (``domain.autonomy``), from the verdict until they are stored.
    standing: tuple[Any, ...] = ()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agent", "dedupe_key"], name="one_case_per_dedupe_key"),
        ]
        indexes: ClassVar = [
            # Claim-next, the queue page and the lanes walk these; they hold open work only, so they stay small. What a
            # filter asks for is in them, so that the wide rows are not read to be passed over.
            models.Index(
                fields=["queue", "rank_at", "id", "due_at", "created_at", *FILTERED],
                name="case_open_in_queue",
                condition=models.Q(rank_at__isnull=False),
            ),
            models.Index(
                fields=["queue", "id", "rank_at", *FILTERED],
                name="case_over_in_queue",
                condition=models.Q(rank_at__isnull=True),
            ),
            models.Index(
                fields=["rank_at", "id"], name="case_open_anywhere", condition=models.Q(rank_at__isnull=False)
            ),
            models.Index(fields=["state", "id"], name="case_by_state"),
            # What is counted day by day; imported history does not lie in the order of its ids.
            models.Index(fields=["created_at"], name="case_of_day"),
            models.Index(fields=["claim_expires_at"], name="case_leases", condition=models.Q(state="claimed")),
            models.Index(
                fields=["effective_at"], name="case_to_take_effect", condition=models.Q(effective_at__isnull=False)
            ),
            models.Index(fields=["release_at"], name="case_to_release", condition=models.Q(state="watched")),
            models.Index(
                fields=["expires_at"],
                name="case_to_expire",
                condition=models.Q(state__in=["queued", "claimed", "asked", "second_look", "watched"]),
            ),
            *(
                models.Index(fields=[name], name=f"case_{name}", condition=models.Q((f"{name}__isnull", False)))
                for name in ("contests", "claimed_by", "offered_to", "first_by")
            ),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def subject(self) -> str:
        """How the ledger names this case."""
        return f"case:{self.id}"

    @cached_property
    def document(self) -> dict[str, Any]:
        """The proposal as the agent sent it, defaults not filled in."""
        parsed: dict[str, Any] = json.loads(self.proposal)
        return parsed

    @property
    def actions(self) -> list[dict[str, Any]]:
        """The proposed actions in the agent's order."""
        actions: list[dict[str, Any]] = self.document["actions"]
        return actions

    @property
    def raised_by_desk(self) -> bool:
        """Did the desk itself open the case, for what it heard in a conversation? No proposal can say so."""
        return bool(self.document.get("origin") == "desk")

    @property
    def asked_by_customer(self) -> bool:
        """Did a customer ask for this case, so that its answer is for them and not for an agent?"""
        return self.raised_by_desk and self.document.get("asked_by") == "customer"

    @property
    def claim_token(self) -> str:
        """Names the present lease; an older one no longer acts."""
        return f"{self.id}.{self.claim_fence}"

    @property
    def head_start(self) -> rank.HeadStart:
        """What a delay of this case costs, as time."""
        return self._head_start(self.priority)

    def ranked(self, **changes: Any) -> datetime | None:
        """What ``rank_at`` has to be once these columns have changed."""
        if changes.get("state", self.state) not in OPEN:
            return None
        due_at = changes.get("due_at", self.due_at) or self.expires_at
        return rank.rank_at(due_at, self._head_start(changes.get("priority", self.priority)))

    def _head_start(self, priority: int) -> rank.HeadStart:
        has_value = self.value is not None
        return rank.head_start(priority=priority, risk=self.risk, has_value=has_value, worth=self.worth)

    @property
    def releases_together(self) -> bool:
        return bool(self.document.get("release", "together") == "together")


class Event(models.Model):
    """One change of one case, in commit order: agents' events, live pages and deliveries all read this table.

    ``xid`` is PostgreSQL's transaction number (0 on SQLite, where one writer at a time keeps ``id`` in commit order):
    readers stop before the oldest running transaction, so a slow commit is never skipped.
    """

    id = models.BigAutoField(primary_key=True)
    xid = models.BigIntegerField(db_default=CurrentTransaction())
    kind = models.CharField(max_length=40)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, null=True, related_name="events", db_index=False)
    # Null where no agent may hear of it: the case is a control case (``canary_guards``).
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, null=True, related_name="events", db_index=False)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, null=True, db_index=False)
    # Set where the event is the conversation's own: somebody wrote in it, or control of it changed.
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, null=True, db_index=False)
    version = models.PositiveIntegerField(default=0)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["xid", "id"], name="event_in_order"),
            models.Index(fields=["agent", "xid", "id"], name="event_of_agent"),
            models.Index(fields=["case"], name="event_of_case"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.kind}"
