"""Temporary servers for tests and benchmarks: PostgreSQL and Redis on free ports, gone when their owner is.

``python -m tests.services`` prints the system packages that are missing, one line, nothing when all is there.
"""

import atexit
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

START_SECONDS = 180
STOP_SECONDS = 20
PR_SET_PDEATHSIG = 1
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = {"initdb": "postgresql", "redis-server": "redis-server", "chromium": "chromium fonts-dejavu-core"}


class ServiceMissing(Exception):  # noqa: N818 - the caller skips or fails; it is no fault of the program
    """A program that the suite needs is not installed."""


def program(name: str) -> Path:
    """Where a server program is; Debian keeps PostgreSQL's outside PATH. Raises ServiceMissing."""
    names = BROWSERS if name == "chromium" else (name,)
    found = [path for each in names if (path := shutil.which(each))]
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    # The newest of the packaged ones before PATH, so that initdb and postgres are of one version.
    candidates = [*reversed(kept), *map(Path, found)]
    if not candidates:
        message = f"{name} is not installed; `make test` installs it"
        raise ServiceMissing(message)
    return candidates[0]


def missing_packages() -> list[str]:
    """Debian packages for the programs that are not here."""
    return [package for name, package in PACKAGES.items() if not _present(name)]


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(ready: Callable[[], bool], *, seconds: float = START_SECONDS, what: str) -> None:
    """Wait for a condition; TimeoutError names what did not come."""
    limit = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > limit:
            message = f"{what} within {seconds} s"
            raise TimeoutError(message)
        time.sleep(0.02)


@dataclass(frozen=True, slots=True)
class Server:
    """A running temporary server."""

    url: str
    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    def log(self) -> str:
        """What the server has written."""
        return (self.folder / "log").read_text(errors="replace")


@contextmanager
def postgresql(settings: Sequence[str] = ()) -> Iterator[Server]:
    """A PostgreSQL as it comes (fsync on) with 200 connections; ``settings`` are ``name=value`` on top."""
    with _folder("hitl-postgresql-") as folder:
        cluster = folder / "cluster"
        initdb = [str(program("initdb")), "-D", str(cluster), "-U", "hitl", "-A", "trust", "-E", "UTF8", "--no-locale"]
        _run([*initdb, "--no-sync"])
        port = free_port()
        reached_by = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}"]
        options = [word for setting in (*reached_by, "max_connections=200", *settings) for word in ("-c", setting)]
        # SIGINT is PostgreSQL's fast shutdown: open connections are cut, not waited for.
        command = [str(program("postgres")), "-D", str(cluster), *options]
        with _served(command, folder, port, f"postgresql://hitl@127.0.0.1:{port}/postgres", signal.SIGINT) as server:
            until(lambda: _accepts(server), what="PostgreSQL accepts connections")
            yield server


@contextmanager
def postgresql_again(ended: Server) -> Iterator[Server]:
    """The same PostgreSQL after it was killed, on what is on its disk; it must end before the first one's folder."""
    tried: list[Server] = []
    with ExitStack() as stack:

        def starts() -> bool:
            started = _served(list(ended.process.args), ended.folder, ended.port, ended.url, signal.SIGINT)
            tried.append(stack.enter_context(started))
            # Until the last of the old processes has noticed that it is alone, the new one does not start.
            with suppress(RuntimeError):
                until(lambda: _accepts(tried[-1]), what="PostgreSQL accepts connections")
                return True
            return False

        until(starts, what="PostgreSQL starts again")
        yield tried[-1]


@contextmanager
def redis(port: int | None = None) -> Iterator[Server]:
    """A Redis that keeps nothing; ``port`` lets a restarted one come back where it was."""
    with _folder("hitl-redis-") as folder:
        port = port or free_port()
        command = [str(program("redis-server")), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
        options = ["--save", "", "--appendonly", "no", "--daemonize", "no"]
        with _served([*command, *options], folder, port, f"redis://127.0.0.1:{port}/0", signal.SIGTERM) as server:
            until(lambda: _pongs(server), what="Redis answers")
            yield server


def _present(name: str) -> bool:
    try:
        return bool(program(name))
    except ServiceMissing:
        return False


def _unprivileged() -> str | None:
    """PostgreSQL refuses root: the user that servers run as, None for who we are."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@contextmanager
def _folder(prefix: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    if user := _unprivileged():
        shutil.chown(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, user=_unprivileged(), cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"{command[0]} failed:\n{done.stdout}{done.stderr}"
        raise RuntimeError(message)


def _die_with_parent() -> None:
    """On Linux the kernel ends the server when its owner is gone, however that happened."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def _served(command: list[str], folder: Path, port: int, url: str, end: signal.Signals) -> Iterator[Server]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            user=_unprivileged(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Its own group: Ctrl-C is for the suite, which then ends the server in order.
            process_group=0,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one C call, no lock is taken
        )
    ending = atexit.register(partial(_end, process, end))
    try:
        yield Server(url=url, port=port, folder=folder, process=process)
    finally:
        _end(process, end)
        atexit.unregister(ending)


def _end(process: subprocess.Popen[bytes], end: signal.Signals) -> None:
    if process.poll() is not None:
        return
    process.send_signal(end)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
        return
    process.kill()
    process.wait()


def _alive(server: Server) -> None:
    if server.process.poll() is not None:
        message = f"{server.process.args!r} ended:\n{server.log()}"
        raise RuntimeError(message)


def _accepts(server: Server) -> bool:
    _alive(server)
    probe = [str(program("pg_isready")), "--quiet", "--host", "127.0.0.1", "--port", str(server.port)]
    return subprocess.run(probe, check=False).returncode == 0


def _pongs(server: Server) -> bool:
    _alive(server)
    with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=1) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False


if __name__ == "__main__":
    sys.stdout.write(" ".join(missing_packages()))
