"""The servers that the suite starts for itself."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
import redis

from tests import chromium, services

OWNER = """
from tests import services
with services.redis() as server:
    print(server.process.pid, server.folder, flush=True)
    input()
"""


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def owner() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


def test_redis_answers_and_is_gone_afterwards() -> None:
    with services.redis() as server:
        assert redis.Redis.from_url(server.url).ping() is True
    assert server.process.returncode == 0
    assert not server.folder.exists()


def test_a_restarted_redis_comes_back_on_the_same_port_and_remembers_nothing() -> None:
    with services.redis() as first, redis.Redis.from_url(first.url) as client:
        client.set("kept", "no")
    with services.redis(first.port) as second, redis.Redis.from_url(second.url) as client:
        assert (second.url, client.get("kept")) == (first.url, None)


def test_postgresql_keeps_what_is_committed_and_takes_200_connections() -> None:
    with services.postgresql(["log_statement=all"]) as server, psycopg.connect(server.url) as connection:
        shown = [
            connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "max_connections", "log_statement")
        ]
    assert shown == [("on",), ("200",), ("all",)]
    assert not server.folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_server_does_not_outlive_an_owner_that_was_killed(owner: subprocess.Popen[str]) -> None:
    assert owner.stdout
    pid, folder = owner.stdout.readline().split()
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    services.until(lambda: not is_running(int(pid)), what="the orphan ends")
    shutil.rmtree(folder)


def test_waiting_names_what_did_not_come() -> None:
    with pytest.raises(TimeoutError, match=r"^the bus within 0\.05 s$"):
        services.until(lambda: False, seconds=0.05, what="the bus")


def test_a_program_that_is_not_here_is_named() -> None:
    with pytest.raises(services.ServiceMissing, match=r"^no-such-program is not installed; `make test` installs it$"):
        services.program("no-such-program")


def test_the_browser_opens_a_page(browser) -> None:
    page = browser.new_page()
    page.set_content("<title>Desk</title>")
    assert page.title() == "Desk"
    chromium.close(page.context)
