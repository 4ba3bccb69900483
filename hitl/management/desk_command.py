"""What the desk's commands have in common."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from hitl import health
from hitl.accounts.models import User
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping


class DeskCommand(BaseCommand):
    """A command that needs the database: an embedded desk's is made when it is not there yet."""

    requires_system_checks = ()
    # Whether the command may change the tables of a production, too.
    migrates_production = False
    # Whether it stays for long: what migrating takes in memory is then another process's.
    stays = False

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Prepare the database and turn a refusal into a command's error."""
        prepare_database(also_production=self.migrates_production, apart=self.stays)
        try:
            return super().execute(*args, **options)
        except Refusal as refusal:
            raise CommandError(refusal.says) from refusal

    def show(self, document: Mapping[str, Any]) -> None:
        """Print one JSON object."""
        self.stdout.write(as_json(document))


def as_json(document: Mapping[str, Any]) -> str:
    """A document for people and programs to read."""
    return json.dumps(document, ensure_ascii=False, indent=2)


def named_person(name: str) -> User:
    """The person who answers for what a command does."""
    found = User.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise CommandError(f"There is no active person named {name}.")
    return found


def prepare_database(*, also_production: bool, apart: bool = False) -> None:
    """Migrate the embedded desk's database, one process at a time; production is migrated by its operator."""
    if not settings.EMBEDDED:
        if health.migrated():
            return
        if not also_production:
            raise CommandError("The database lacks tables of this version: run manage.py migrate first.")
    with (settings.DATA_DIR / "migrate.lock").open("a") as lock:
        # Also to look: of several who open a new file at once SQLite turns some away.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if health.migrated():
            return
        if apart:
            _migrate_apart()
        else:
            call_command("migrate", verbosity=0, interactive=False)


def _migrate_apart() -> None:
    """Migrating needs 30 MB, which no process gives back."""
    there = os.environ | {"HITL_DATA_DIR": str(settings.DATA_DIR), "HITL_SECRET_KEY": settings.SECRET_KEY}
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--verbosity", "0", "--no-input"]
    if subprocess.run(command, env=there, check=False).returncode:  # noqa: S603 - our own program
        raise CommandError("The database could not be migrated; what is wrong stands above.")
