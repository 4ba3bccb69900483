from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from reviewqueue.domain import lifecycle

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Write docs/lifecycle.md from the table that moves cases."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """With ``--check`` nothing is written."""
        parser.add_argument("--check", action="store_true", help="only say whether the page is up to date")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Status 1 when the page to check is not what the table says."""
        page = settings.BASE_DIR / "docs" / "lifecycle.md"
        written = page.read_text() if page.exists() else ""
        if options["check"] and written != lifecycle.page():
            raise CommandError("docs/lifecycle.md is not what the table says: run manage.py lifecycle.")
        if not options["check"]:
            page.write_text(lifecycle.page())
