from __future__ import annotations

import logging
import os
from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.checks import ERROR
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from hitl import embedded, env
from hitl.management.desk_command import DeskCommand
from reviewqueue.domain import policies

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from hitl.demo import Running

log = logging.getLogger(__name__)

LARGEST_PORT: Final = 65_535


def _port(text: str) -> int:
    """A larger number would be cut to another port in silence."""
    if not (text.isascii() and text.isdigit()) or int(text) > LARGEST_PORT:
        raise ArgumentTypeError(f"give a port from 0 to {LARGEST_PORT}, not {text}")
    return int(text)


class Command(DeskCommand):
    migrates_production = True
    stays = True
    help = "Serve the whole desk from this process: web pages, API, worker and clock. SIGTERM ends it cleanly."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """``--data-dir`` is read by manage.py, before the settings are."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=_port, default=8000, help="port to listen on; 0 takes a free one")
        parser.add_argument("--data-dir", type=Path, help="where everything is kept (default: HITL_DATA_DIR or var/)")
        parser.add_argument("--demo", action="store_true", help="keep an invented shop's agents busy with this desk")

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Take the data folder first, then touch what is in it."""
        folder = options["data_dir"]
        if folder is not None and folder.resolve() != settings.DATA_DIR:
            raise CommandError("--data-dir works through manage.py only; set HITL_DATA_DIR instead.")
        try:
            with embedded.sole_owner(settings.DATA_DIR):
                return super().execute(*args, **options)
        except embedded.OccupiedError as occupied:
            says = f"Another process (number {occupied}) serves {settings.DATA_DIR}; stop it or use another --data-dir."
            raise CommandError(says) from occupied

    def handle(self, *_args: Any, **options: Any) -> None:
        """Start, say where, and stay until told to stop."""
        # One process, one folder: the secret in it is everybody's.
        os.environ.setdefault("HITL_SECRET_KEY", settings.SECRET_KEY)
        self.check(fail_level=ERROR)
        policies.current(at=timezone.now())
        if not settings.EMBEDDED:
            call_command("collectstatic", verbosity=0, interactive=False)
        try:
            listener = embedded.bound(options["host"], options["port"])
        except OSError as error:
            says = f"Cannot listen on {options['host']} port {options['port']}: {error.strerror or error}."
            raise CommandError(says) from error
        address = embedded.address_of(listener)
        if not os.environ.get("HITL_PUBLIC_URL"):
            settings.PUBLIC_URL = address
        self._say(f"The review desk answers at {address} and keeps its data in {settings.DATA_DIR}")
        if not options["demo"] and (settings.DATA_DIR / env.DEMO_NOTES).exists():
            self.stderr.write(f"{settings.DATA_DIR} holds the demo's people, whose password is public: keep it local.")
        shop = self._open_shop(address) if options["demo"] else None
        failed = embedded.Desk(listener).run()
        if shop:
            shop.stop()
        if failed:
            raise CommandError(f"The desk's {failed} ended by itself, so the desk stopped.")

    def _open_shop(self, address: str) -> Running:
        from hitl import demo  # noqa: PLC0415 - nobody else pays for it

        try:
            desk = demo.prepare()
        except demo.DemoError as error:
            raise CommandError(str(error)) from error
        self._say(*desk.lines())
        return demo.start(address, desk)

    def _say(self, *lines: str) -> None:
        self.stdout.write("\n".join(lines))
        self.stdout.flush()
