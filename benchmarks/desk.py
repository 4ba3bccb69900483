"""The desk under measurement, as real processes of its own."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from tests import services

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
SECRET = secrets.token_urlsafe(48)


@dataclass
class Desk:
    """A running desk: where it answers, the environment of its commands, and its main process."""

    url: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    def command(self, *arguments: str) -> str:
        """Run a ``manage.py`` command beside it."""
        return manage(self.environment, *arguments)

    def agent_key(self, name: str = "bench") -> str:
        """A key for an agent."""
        return str(json.loads(self.command("agent_key", name))["key"])

    def reviewer_token(self, name: str = "reviewer") -> str:
        """A token for a reviewer who works in every queue and has every skill of the starting policy."""
        self.command("make_user", name, "--role", "reviewer", "--skill", "billing", "--skill", "legal")
        return str(json.loads(self.command("user_token", name))["token"])


def manage(environment: dict[str, str], *arguments: str) -> str:
    """The output of a ``manage.py`` command; its failure stops the benchmark."""
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


@contextmanager
def production(database_url: str, redis_url: str, *, processes: int = 2) -> Iterator[list[Desk]]:
    """Web processes on PostgreSQL and Redis, each on a port of its own as behind a proxy."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        environment = environment_of(folder) | {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "HITL_SECRET_KEY": SECRET,
        }
        manage(environment, "migrate", "--verbosity", "0")
        yield [stack.enter_context(_web(environment)) for _each in range(processes)]


@contextmanager
def _web(environment: dict[str, str]) -> Iterator[Desk]:
    """A web process, started as in production."""
    port = services.free_port()
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    place = {"HOST": "127.0.0.1", "PORT": str(port), "PATH": programs}
    with _running([str(ROOT / "deploy" / "web")], environment | place, f"http://127.0.0.1:{port}") as desk:
        yield desk


@contextmanager
def embedded() -> Iterator[Desk]:
    """The whole desk in one process on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        environment = environment_of(folder)
        port = services.free_port()
        command = [sys.executable, str(ROOT / "manage.py"), "serve", "--port", str(port)]
        with _running(command, environment, f"http://127.0.0.1:{port}") as desk:
            yield desk


def environment_of(folder: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HITL_", "DATABASE_", "REDIS_"))}
    # The rate limit per agent is no part of what is measured here.
    limits = {"HITL_AGENT_CALLS_PER_SECOND": "1000000", "HITL_AGENT_BURST": "1000000"}
    return kept | limits | {"HITL_DATA_DIR": folder, "PYTHONPATH": str(ROOT)}


@contextmanager
def _running(command: list[str], environment: dict[str, str], url: str) -> Iterator[Desk]:
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        services.until(lambda: ready(url, process), what=f"{url} is ready")
        yield Desk(url, environment, process)
    finally:
        process.terminate()
        process.wait(30)


def ready(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Does the desk say that it is ready?"""
    if process.poll() is not None:
        message = f"the desk ended with status {process.returncode}"
        raise RuntimeError(message)
    try:
        with urlopen(f"{url}/readyz", timeout=2) as answer:  # noqa: S310 - an address of ours
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def seconds_to_ready() -> float:
    """From the start of the process to the first ``/readyz`` that says yes, on a data folder that is already there."""
    with tempfile.TemporaryDirectory() as folder:
        environment = environment_of(folder)
        manage(environment, "migrate", "--verbosity", "0")
        port = services.free_port()
        command = [sys.executable, str(ROOT / "manage.py"), "serve", "--port", str(port)]
        start = time.perf_counter()
        with _running(command, environment, f"http://127.0.0.1:{port}"):
            return time.perf_counter() - start
