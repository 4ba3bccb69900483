"""What is configured, what is missing, what is unsafe."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.checks import ERROR, WARNING, CheckMessage, run_checks
from django.db import connection
from django.db.models import Count, Q

from hitl import env, health, sqlite
from hitl.accounts import sealing
from hitl.accounts.models import User
from hitl.accounts.roles import PERMISSIONS, Role
from hitl.webhooks.models import Secret
from reviewqueue import checks
from reviewqueue.domain import policies
from reviewqueue.models import AgentKey, Queue
from reviewqueue.rules import Permission

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

_OTHERS: Final = 0o077


class Grade(StrEnum):
    """How a finding stands; ``unsafe`` makes the command fail."""

    FINE = "fine"
    MISSING = "missing"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at, with a sentence."""

    grade: Grade
    topic: str
    says: str


def examine(*, at: datetime) -> Iterator[Finding]:
    """Look at everything, in the order in which a person sets it up."""
    yield from _settings()
    yield from _data_folder(settings.DATA_DIR)
    yield from _demo(settings.DATA_DIR)
    yield from _database()
    yield _redis()
    yield _policy(at)
    yield from _people()
    yield from _queues()
    yield _agents(at)


def _demo(folder: Path) -> Iterator[Finding]:
    if (folder / env.DEMO_NOTES).exists():
        says = f"{folder} holds the demo's people, whose password is public; use another folder for real work"
        yield Finding(Grade.UNSAFE, "demo", says)


def _settings() -> Iterator[Finding]:
    way = "embedded, one process on SQLite" if settings.EMBEDDED else "production, separate processes on PostgreSQL"
    yield Finding(Grade.FINE, "way to run", way)
    yield Finding(Grade.FINE, "address", f"{settings.PUBLIC_URL}, hosts {', '.join(settings.ALLOWED_HOSTS)}")
    for found in run_checks(tags=[checks.TAG]):
        yield Finding(_grade(found), "settings", f"{found.msg} {found.hint or ''}".strip())


def _grade(found: CheckMessage) -> Grade:
    if found.level >= ERROR:
        return Grade.UNSAFE
    return Grade.MISSING if found.level >= WARNING else Grade.FINE


def _data_folder(folder: Path) -> Iterator[Finding]:
    mode = folder.stat().st_mode & 0o777
    if mode & _OTHERS:
        says = f"{folder} can be entered by other users (mode {mode:o}); chmod 700 {folder}"
        yield Finding(Grade.UNSAFE, "data folder", says)
    else:
        yield Finding(Grade.FINE, "data folder", str(folder))
    if not os.access(folder, os.W_OK):
        yield Finding(Grade.UNSAFE, "data folder", f"{folder} cannot be written to")
    secret = folder / "secret_key"
    if secret.exists() and secret.stat().st_mode & _OTHERS:
        yield Finding(Grade.UNSAFE, "secret", f"{secret} can be read by other users; chmod 600 {secret}")
    else:
        kept = "from HITL_SECRET_KEY" if os.environ.get("HITL_SECRET_KEY") else f"in {secret}"
        yield Finding(Grade.FINE, "secret", kept)
    yield from _sealed()


def _sealed() -> Iterator[Finding]:
    """What only the secret key opens: nothing of it works with another one."""
    if not health.migrated():
        return
    apps = Authenticator.objects.filter(type=Authenticator.Type.TOTP).values_list("data__secret", flat=True)
    kept = [*apps, *Secret.objects.filter(retired_at=None).values_list("sealed", flat=True)]
    if lost := sum(sealing.opened(each) is None for each in kept):
        says = f"it opens all but {lost} of {len(kept)} authenticator apps and webhook secrets"
        yield Finding(Grade.MISSING, "secret", f"{says}; name the key that sealed them in HITL_OLD_SECRET_KEYS")


def _database() -> Iterator[Finding]:
    if connection.vendor == "sqlite":
        yield _sqlite()
    else:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            (version,) = cursor.fetchone()
        yield Finding(Grade.FINE, "database", f"PostgreSQL {version}")
        yield _durability(*flushing())
    grade, says = (Grade.FINE, "all applied") if health.migrated() else (Grade.MISSING, "run manage.py migrate")
    yield Finding(grade, "migrations", says)


def _sqlite() -> Finding:
    version = ".".join(str(part) for part in sqlite.version())
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        (mode,) = cursor.fetchone()
    if mode.upper() == "WAL" and sqlite.version() < sqlite.FIRST_SAFE_WAL:
        says = f"SQLite {version} in WAL mode can lose committed changes; install the locked requirements again"
        return Finding(Grade.UNSAFE, "database", says)
    if mode.upper() != "WAL":
        says = f"SQLite {version} in the slower {mode} mode, because its WAL mode is not safe; install pysqlite3"
        return Finding(Grade.MISSING, "database", says)
    return Finding(Grade.FINE, "database", f"SQLite {version}, WAL mode, every commit synchronised")


def flushing() -> tuple[str, str]:
    """PostgreSQL's ``fsync`` and ``synchronous_commit``, as this connection has them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        fsync, commit = cursor.fetchone()
    return fsync, commit


def _durability(fsync: str, commit: str) -> Finding:
    if fsync == "on" and commit != "off":
        return Finding(Grade.FINE, "durability", f"fsync {fsync}, synchronous_commit {commit}")
    says = f"fsync {fsync}, synchronous_commit {commit}: an acknowledged proposal can be lost with the power"
    return Finding(Grade.UNSAFE, "durability", says)


def _redis() -> Finding:
    state = health.redis_state()
    grade = Grade.MISSING if state == "away" else Grade.FINE
    return Finding(grade, "redis", "does not answer; pages and agents poll" if state == "away" else state)


def _policy(at: datetime) -> Finding:
    number, policy = policies.current(at=at)
    return Finding(Grade.FINE, "policy", f"version {number}, {policy.name}, {len(policy.triggers)} triggers")


def _people() -> Iterator[Finding]:
    active = User.objects.filter(is_active=True)
    count: dict[str, int] = dict(active.values_list("role").annotate(Count("pk")))
    yield Finding(Grade.FINE, "people", ", ".join(f"{count.get(role, 0)} {role}" for role in Role.values))
    if not any(count.get(role) for role in Role.values if Permission.DECIDE in PERMISSIONS[role]):
        yield Finding(Grade.MISSING, "people", "nobody can decide: manage.py make_user NAME --role reviewer")
    if not count.get(Role.ADMIN):
        yield Finding(Grade.MISSING, "people", "nobody can set the rules: manage.py make_user NAME --role admin")
    idle = active.filter(role=Role.REVIEWER, all_queues=False, memberships=None).values_list("username", flat=True)
    if names := sorted(idle):
        yield Finding(Grade.MISSING, "people", f"in no queue, so they see nothing: {', '.join(names)}")


def _queues() -> Iterator[Finding]:
    deciding = [role for role in Role.values if Permission.DECIDE in PERMISSIONS[role]]
    sees_all = [role for role in deciding if Permission.SEE_ALL_QUEUES in PERMISSIONS[role]]
    everywhere = Q(role__in=sees_all) | Q(role__in=deciding, all_queues=True)
    if User.objects.filter(everywhere, is_active=True).exists():
        return
    manned = Q(memberships__user__is_active=True, memberships__user__role__in=deciding)
    unmanned = Queue.objects.exclude(pk__in=Queue.objects.filter(manned)).values_list("name", flat=True)
    if names := sorted(unmanned):
        yield Finding(Grade.MISSING, "queues", f"nobody decides in: {', '.join(names)}")


def _agents(at: datetime) -> Finding:
    valid = AgentKey.objects.filter(revoked_at=None).exclude(expires_at__lte=at)
    agents = valid.values("agent").distinct().count()
    if not agents:
        return Finding(Grade.MISSING, "agents", "none has a key: manage.py agent_key NAME")
    return Finding(Grade.FINE, "agents", f"{agents} with a valid key")
