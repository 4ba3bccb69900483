"""The desk as real processes, in folders of their own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests import services

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 60


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What the processes read: nothing of this machine's own desk."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("HITL_") and name not in {"DATABASE_URL", "REDIS_URL"}
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | {"HITL_DATA_DIR": str(folder), "PYTHONWARNINGS": "default", "PATH": path} | more


@dataclass
class Process:
    """A running part of a desk."""

    popen: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self) -> int:
        """SIGTERM, once it is listened to; the exit status, or a failure when it takes too long."""
        services.until(self._listens, what="the process listens to signals")
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(STOP_SECONDS)

    def kill(self) -> None:
        """SIGKILL, as a crash does."""
        self.popen.kill()
        self.popen.wait()

    def _listens(self) -> bool:
        """One that is still starting would just be ended by a signal; on Linux the kernel knows better."""
        if self.popen.poll() is not None or sys.platform != "linux":
            return True
        status = Path(f"/proc/{self.popen.pid}/status").read_text()
        return bool(int(status.partition("SigCgt:")[2].split()[0], 16) >> (signal.SIGTERM - 1) & 1)

    def ready(self) -> bool:
        """Does ``/readyz`` say so?"""
        if self.popen.poll() is not None:
            raise RuntimeError(f"{self.popen.args!r} ended:\n{self.said()}")
        try:
            return httpx.get(f"{self.url}/readyz", timeout=30).status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def process(command: Sequence[str], env: Mapping[str, str], log: Path) -> Iterator[Process]:
    """A process, gone afterwards."""
    with log.open("wb") as out:
        popen = subprocess.Popen(command, cwd=ROOT, env=dict(env), stdout=out, stderr=subprocess.STDOUT)
    started = Process(popen, log)
    try:
        yield started
    finally:
        if popen.poll() is None:
            popen.kill()
        popen.wait()


@contextmanager
def served(folder: Path, *arguments: str, **more: str) -> Iterator[Process]:
    """``manage.py serve`` on a free port, ready."""
    folder.mkdir(exist_ok=True)
    log = folder / f"serve-{time.monotonic_ns()}.log"
    env = environment(folder, **more)
    with process([sys.executable, "manage.py", "serve", "--port", "0", *arguments], env, log) as started:
        services.until(lambda: "answers at http" in started.said(), what="serve prints its address")
        started.url = started.said().partition("answers at ")[2].split()[0]
        services.until(started.ready, what="the desk is ready")
        yield started


@contextmanager
def web(folder: Path, env: Mapping[str, str]) -> Iterator[Process]:
    """A web process of production, started as containers and systemd start it."""
    port = str(services.free_port())
    here = {"HOST": "127.0.0.1", "PORT": port, "HITL_DATA_DIR": str(folder / f"web-{port}")}
    with process(["deploy/web"], {**env, **here}, folder / f"web-{port}.log") as started:
        started.url = f"http://127.0.0.1:{port}"
        services.until(started.ready, what="the web process is ready")
        yield started


@contextmanager
def celery(part: str, folder: Path, env: Mapping[str, str], *options: str) -> Iterator[Process]:
    """Celery's ``worker`` or ``beat``."""
    command = [sys.executable, "-m", "celery", "-A", "hitl", part, *options]
    with process(command, env, folder / f"{part}.log") as started:
        yield started


def manage(env: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the desk, run to its end."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=dict(env), capture_output=True, text=True, check=False)


def managed(env: Mapping[str, str], *arguments: str) -> Any:
    """The JSON that a command prints."""
    done = manage(env, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def got(url: str) -> httpx.Response:
    """A page, redirects followed; machines that run tests are busy."""
    return httpx.get(url, follow_redirects=True, timeout=60)


def agent_key(env: Mapping[str, str], name: str = "shop") -> str:
    """A new key."""
    return str(managed(env, "agent_key", name)["key"])


def agent(url: str, key: str) -> httpx.Client:
    """An agent's line to the desk, or a person's with their token; close it.

    Each call has a connection of its own: a server ends one that rests for five seconds, also while it is asked.
    """
    each = httpx.Limits(max_keepalive_connections=0)
    bearer = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=f"{url}/api/v1", headers=bearer, timeout=60, limits=each)


def proposal(number: int | str, **fields: Any) -> dict[str, Any]:
    """A refund that a person must look at."""
    return {
        "dedupe_key": f"thread-{number}",
        "intent": "refund",
        "conversation": {"id": f"conv-{number}"},
        "actions": [{"call_id": "call_1", "kind": "tool_call", "name": "refund_order", "args": {"order_id": "A-1"}}],
    } | fields


def proposed(client: httpx.Client, name: str, **fields: Any) -> str:
    """The id of a new case."""
    answer = client.post("/proposals", json=proposal(name, **fields))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
