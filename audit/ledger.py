"""The only way in: append an entry, read a timeline."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.transaction import TransactionManagementError

from audit import chain, making, rows
from audit.actions import ACTOR_TYPES, DISPLAY, Actor
from audit.models import Entry


def append(
    *, subject: str, kind: str, actor: Actor, at: datetime, body: Mapping[str, Any], first: bool = False
) -> Entry:
    """Write one event at the end of a subject's chain, inside the caller's transaction.

    `subject` is "case:case_…", "policy:…", "user:…" or "agent:…"; `body` a JSON object (no NaN, no integer of 2**53
    or more) without the key "actor_display"; `at` an aware time. `first` says that the subject is new: one INSERT and
    no lock; should the chain exist already, the database refuses with IntegrityError.
    Raises TransactionManagementError outside a transaction, and ValueError for an actor, body or time that cannot be
    sealed.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError(f"{kind} must be recorded in the transaction of the change itself")
    seq, prev = (0, chain.GENESIS) if first else _end_of(subject)
    entry = sealed(subject=subject, kind=kind, actor=actor, at=at, body=body, seq=seq + 1, prev=prev)
    rows.insert(entry)
    return entry


def append_each(entries: Iterable[tuple[str, str, Mapping[str, Any]]], *, actor: Actor, at: datetime) -> None:
    """`append` for many subjects at once: each entry is (subject, kind, body), in order; a few statements in all."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("entries must be recorded in the transaction of the change itself")
    entries = list(entries)
    ends = _ends_of(sorted({subject for subject, _kind, _body in entries}))
    made = []
    for subject, kind, body in entries:
        seq, prev = ends.get(subject, (0, chain.GENESIS))
        made.append(sealed(subject=subject, kind=kind, actor=actor, at=at, body=body, seq=seq + 1, prev=prev))
        ends[subject] = (seq + 1, made[-1].hash)
    rows.insert_each(made)


def sealed(
    *,
    subject: str,
    kind: str,
    actor: Actor,
    at: datetime,
    body: Mapping[str, Any],
    seq: int = 1,
    prev: str = chain.GENESIS,
) -> Entry:
    """An entry with its digests, not yet stored: for callers that insert the first entries of many chains at once.

    Arguments as in `append`. The caller must store it in the transaction of the change.
    """
    if actor.type not in ACTOR_TYPES:
        raise ValueError(f"an actor is one of {', '.join(ACTOR_TYPES)}, not {actor.type!r}")
    salt, text = secrets.token_hex(chain.SALT_BYTES), chain.canonical(_with_display(body, actor))
    commitment = chain.commitment(salt, text)
    link = chain.entry_hash(
        subject=subject,
        seq=seq,
        kind=kind,
        at=chain.instant(at),
        actor_type=actor.type,
        actor_id=actor.id,
        commitment=commitment,
        prev=prev,
    )
    return making.new(
        Entry,
        subject=subject,
        seq=seq,
        kind=kind,
        at=at,
        actor_type=actor.type,
        actor_id=actor.id,
        salt=salt,
        body=text,
        commitment=commitment,
        prev=prev,
        hash=link,
    )


def timeline(subject: str) -> list[Entry]:
    """Everything recorded about a subject, oldest first."""
    return list(Entry.objects.filter(subject=subject).order_by("seq"))


def _with_display(body: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """The actor's name is personal: it lies in the erasable body, the hash knows the id only."""
    if DISPLAY in body:
        raise ValueError(f"a ledger body has no place for {DISPLAY}: it comes from the actor")
    return {**body, DISPLAY: actor.display} if actor.display else dict(body)


def _end_of(subject: str) -> tuple[int, str]:
    """Number and hash of the last entry, with the right to write the next one until the transaction ends."""
    rows.store()
    _take_turn(subject)
    last = Entry.objects.filter(subject=subject).order_by("-seq").values_list("seq", "hash").first()
    return last or (0, chain.GENESIS)


def _ends_of(subjects: list[str]) -> dict[str, tuple[int, str]]:
    """`_end_of` for many; their turns are taken in order, so that no two callers wait for each other."""
    rows.store()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            turns = "SELECT pg_advisory_xact_lock(hashtextextended(subject, 0)) FROM unnest(%s::text[]) AS subject"
            cursor.execute(turns, [subjects])
    found = Entry.objects.filter(subject__in=subjects).order_by("seq").values_list("subject", "seq", "hash")
    return {subject: (seq, link) for subject, seq, link in found}


def _take_turn(subject: str) -> None:
    # SQLite transactions begin IMMEDIATE: there is only ever one writer.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [subject])
