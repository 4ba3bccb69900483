"""The embedded desk as people start it: one command, one process, no services."""

import asyncio
import json
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from hitl import embedded
from tests import services
from tests.runtime import processes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def desk(folder):
    with processes.served(folder) as running:
        yield running


@pytest.fixture(scope="module")
def env(folder) -> dict[str, str]:
    return processes.environment(folder)


@pytest.fixture(scope="module")
def key(desk, env) -> str:
    assert desk.url
    return processes.agent_key(env)


@pytest.fixture(scope="module")
def shop(desk, key):
    with processes.agent(desk.url, key) as client:
        yield client


def test_the_desk_says_where_it_is_and_answers_there(desk):
    alive, ready = (processes.got(f"{desk.url}/{path}") for path in ("livez", "readyz"))
    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    parts = {"database": "ok", "migrations": "ok", "redis": "not used", "policy": 1}
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", **parts})


def test_pages_and_their_styles_come_from_the_same_address(desk):
    page = processes.got(f"{desk.url}/")
    style = processes.got(f"{desk.url}/static/desk.css")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (style.status_code, style.headers["content-type"]) == (200, 'text/css; charset="utf-8"')


def test_a_second_process_in_the_same_folder_is_refused(desk, env, folder):
    done = processes.manage(env, "serve", "--port", "0")
    says = f"Another process (number {desk.popen.pid}) serves {folder}; stop it or use another --data-dir."
    assert (done.returncode, done.stderr.strip()) == (1, f"CommandError: {says}")


def test_a_port_in_use_is_refused_with_a_sentence(desk, tmp_path):
    port = desk.url.rsplit(":", 1)[1]
    done = processes.manage(processes.environment(tmp_path), "serve", "--port", port)
    says = f"Cannot listen on 127.0.0.1 port {port}: Address already in use."
    assert (done.returncode, done.stderr.strip()) == (1, f"CommandError: {says}")


def test_a_port_that_does_not_exist_and_a_folder_that_cannot_be_made_are_refused_with_a_sentence(tmp_path):
    env = processes.environment(tmp_path)
    done = processes.manage(env, "serve", "--port", "99999999")
    assert done.returncode == 2
    assert done.stderr.strip().endswith("argument --port: give a port from 0 to 65535, not 99999999")
    nowhere = tmp_path / "file" / "desk"
    nowhere.parent.touch()
    done = processes.manage(env, "serve", "--data-dir", str(nowhere))
    says = f"The data folder {nowhere} cannot be made: Not a directory. Name another (HITL_DATA_DIR, --data-dir)."
    assert (done.returncode, done.stderr.strip()) == (1, says)


def test_the_data_folder_can_be_named_on_the_command_line(tmp_path):
    other = tmp_path / "elsewhere"
    with processes.served(tmp_path / "unused", "--data-dir", str(other)) as running:
        assert (other / "desk.sqlite3").exists()
        assert not (tmp_path / "unused" / "desk.sqlite3").exists()
        assert running.stop() == 0


@pytest.mark.covers("R73", "R77")
def test_what_is_due_happens_although_nobody_looks(shop):
    case = processes.proposed(shop, "due", expires_in=1)

    services.until(lambda: case in expired_cases(shop), what="the case expires")


def test_a_body_that_is_too_large_is_refused_and_the_connection_goes_on(shop):
    large = {"dedupe_key": "x", "padding": "x" * 1024 * 1024}

    def chunks() -> Any:
        yield json.dumps(large).encode()
        yield b" " * 1024 * 1024

    with httpx.Client(base_url=shop.base_url, headers=shop.headers, timeout=60) as one:
        assert one.post("/proposals", json=large).status_code == 413
        assert one.post("/proposals", content=chunks(), headers={"Content-Type": "application/json"}).status_code == 413
        assert one.post("/proposals", json=processes.proposal("after")).status_code == 201


@pytest.mark.covers("R72")
def test_a_waiting_agent_hears_of_the_decision_while_it_waits(shop, desk, key):
    case = shop.post("/proposals", json=processes.proposal("waiting")).json()
    with ThreadPoolExecutor(1) as pool, processes.agent(desk.url, key) as other:
        waiting = pool.submit(
            shop.get, f"/cases/{case['id']}", headers={"Prefer": "wait=20", "If-None-Match": f'"{case["version"]}"'}
        )
        other.post(f"/cases/{case['id']}/withdraw", json={"reason": "no longer needed"})
        answer = waiting.result(timeout=60)
    assert (answer.status_code, answer.json()["status"]) == (200, "withdrawn")


async def test_sigterm_ends_the_desk_with_status_0_and_everybody_who_waits_is_told(tmp_path):
    env = processes.environment(tmp_path)
    with processes.served(tmp_path) as running:
        key = processes.agent_key(env)
        with processes.agent(running.url, key) as shop:
            case = shop.post("/proposals", json=processes.proposal(1)).json()
        processes.managed(env, "make_user", "ana", "--role", "reviewer")
        token = processes.managed(env, "user_token", "ana")["token"]
        live = running.url.replace("http", "ws") + "/ws/live"
        agents, bearer = ({"Authorization": f"Bearer {each}"} for each in (key, token))
        async with (
            httpx.AsyncClient(base_url=f"{running.url}/api/v1", headers=agents, timeout=60) as client,
            websockets.connect(live, additional_headers=bearer, open_timeout=60) as socket,
        ):
            prefer = {"Prefer": "wait=30", "If-None-Match": f'"{case["version"]}"'}
            on_its_way = asyncio.Event()

            async def trace(event: str, _info: dict[str, Any]) -> None:
                if event == "http11.send_request_body.complete":
                    on_its_way.set()

            long_poll = asyncio.create_task(
                client.get(f"/cases/{case['id']}", headers=prefer, extensions={"trace": trace})
            )
            begun = asyncio.Event()
            stream = asyncio.create_task(_whole_stream(client, begun))
            await asyncio.wait_for(begun.wait(), 60)
            await asyncio.wait_for(on_its_way.wait(), 60)
            # What was sent after it is answered, so the desk has read it.
            (await client.get("/events", headers={"Accept": "application/json"})).raise_for_status()
            status = await asyncio.to_thread(running.stop)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.recv()
            told, streamed = await long_poll, await stream
    assert (status, told.status_code, told.headers["retry-after"]) == (0, 503, "1")
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, streamed.startswith("retry: ")) == (1012, True)
    assert "Traceback" not in running.said()


async def _whole_stream(client: httpx.AsyncClient, begun: asyncio.Event) -> str:
    text = ""
    async with client.stream("GET", "/events", headers={"Accept": "text/event-stream"}) as response:
        async for part in response.aiter_text():
            text += part
            begun.set()
    return text


def test_after_a_crash_in_the_middle_of_intake_every_acknowledged_proposal_is_there(tmp_path):
    env = processes.environment(tmp_path)
    acknowledged: dict[str, dict[str, Any]] = {}
    enough = threading.Event()
    unlimited = {"HITL_AGENT_CALLS_PER_SECOND": "100000", "HITL_AGENT_BURST": "100000"}
    with processes.served(tmp_path, **unlimited) as running:
        key = processes.agent_key(env)

        def post(worker: int) -> None:
            with processes.agent(running.url, key) as client:
                for number in range(10_000):
                    body = processes.proposal(f"{worker}-{number}")
                    try:
                        answer = client.post("/proposals", json=body)
                    except httpx.TransportError:
                        return
                    assert answer.status_code == 201
                    acknowledged[answer.json()["id"]] = body
                    if len(acknowledged) >= 60:
                        enough.set()

        with ThreadPoolExecutor(6) as pool:
            posting = [pool.submit(post, worker) for worker in range(6)]
            came = enough.wait(120)
            running.kill()
            for each in posting:
                each.result()
    assert came
    with processes.served(tmp_path, **unlimited) as again:
        with processes.agent(again.url, key) as client:
            repeated = {case: client.post("/proposals", json=body) for case, body in acknowledged.items()}
        assert {case: (answer.status_code, answer.json()["id"]) for case, answer in repeated.items()} == {
            case: (200, case) for case in acknowledged
        }
        assert again.stop() == 0
    assert processes.manage(env, "audit_verify").returncode == 0


@pytest.mark.covers("R42", "R48")
def test_a_crash_during_a_takeover_loses_no_message_and_gives_nobody_else_the_word(tmp_path):
    env = processes.environment(tmp_path)
    talk = "/conversations/conv-held"
    with processes.served(tmp_path) as running:
        key = processes.agent_key(env)
        processes.managed(env, "make_user", "sue", "--role", "supervisor")
        token = processes.managed(env, "user_token", "sue")["token"]
        with processes.agent(running.url, key) as shop, processes.agent(running.url, token) as sue:
            case = processes.proposed(shop, "held", conversation={"id": "conv-held"})
            sue.post(f"/review/cases/{case}/take_over", json={"note": "I know her"}).raise_for_status()
            written = [
                sue.post(f"/review/cases/{case}/messages", json={"text": text}).raise_for_status().json()
                for text in ("Hello, I am Sue.", "Your parcel leaves today.")
            ]
            shop.post(f"{talk}/outbox/{written[0]['id']}/delivered").raise_for_status()
            running.kill()
    with processes.served(tmp_path) as again:
        with processes.agent(again.url, key) as shop, processes.agent(again.url, token) as sue:
            held = shop.get(talk).json()
            assert (held["control"], [(one["id"], one["text"]) for one in held["outbox"]]) == (
                "human",
                [(written[1]["id"], "Your parcel leaves today.")],
            )
            refused = shop.post("/proposals", json=processes.proposal("more", conversation={"id": "conv-held"}))
            assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-pending")
            shop.post(f"{talk}/outbox/{written[1]['id']}/delivered").raise_for_status()
            told = {"messages": [{"role": "customer", "text": "Thank you!"}]}
            assert shop.post(f"{talk}/messages", json=told).json()["control"] == "human"
            sue.post(f"/review/cases/{case}/messages", json={"text": "Anything else?"}).raise_for_status()
            sue.post(f"/review/cases/{case}/return", json={"note": "All told."}).raise_for_status()
            spoken = shop.get(talk).json()
            assert (spoken["control"], spoken["note"]["text"]) == ("agent", "All told.")
            assert shop.post("/proposals", json=processes.proposal("more", conversation={"id": "conv-held"})).is_success
        assert again.stop() == 0
    assert processes.manage(env, "audit_verify").returncode == 0


@pytest.mark.parametrize("part", ["worker", "beat"])
def test_when_one_part_ends_by_itself_the_desk_ends_with_a_sentence(part, tmp_path):
    """A worker or a beat that is gone would not be noticed otherwise."""
    breaks = {
        "worker": "embedded._work = lambda: time.sleep(0.5)",
        "beat": "embedded.Service.start = lambda self: time.sleep(0.5)",
    }[part]
    script = f"""
import sys, time
import django
django.setup()
from hitl import embedded
{breaks}
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "serve", "--port", "0"])
"""
    env = processes.environment(tmp_path, DJANGO_SETTINGS_MODULE="hitl.settings")
    with processes.process([sys.executable, "-c", script], env, tmp_path / "log") as running:
        assert running.popen.wait(200) == 1  # it makes its database first
    assert running.said().strip().endswith(f"CommandError: The desk's {part} ended by itself, so the desk stopped.")


def test_ctrl_c_ends_the_desk_as_well(tmp_path):
    with processes.served(tmp_path) as running:
        running.popen.send_signal(signal.SIGINT)
        assert running.popen.wait(processes.STOP_SECONDS) == 0


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1"),
        ("0.0.0.0", "http://127.0.0.1"),  # noqa: S104 - for a moment, and nobody is served
        ("::1", "http://[::1]"),
    ],
)
def test_the_printed_address_is_one_that_a_browser_on_this_machine_opens(host, address):
    listener = embedded.bound(host, 0)
    assert embedded.address_of(listener) == f"{address}:{listener.getsockname()[1]}"
    listener.close()


@pytest.mark.covers("R73")
def test_one_process_on_postgresql_needs_nothing_else(tmp_path, own_postgresql):
    url = own_postgresql.url
    with processes.served(tmp_path, DATABASE_URL=url) as running:
        key = processes.agent_key(processes.environment(tmp_path, DATABASE_URL=url))
        page = processes.got(f"{running.url}/")
        with processes.agent(running.url, key) as shop:
            case = processes.proposed(shop, "postgresql", expires_in=1)
            services.until(lambda: case in expired_cases(shop), what="the case expires")
        assert (page.status_code, running.stop()) == (200, 0)


def expired_cases(shop: httpx.Client) -> list[str]:
    """Without looking at a case, which would settle it."""
    events = shop.get("/events", headers={"Accept": "application/json"}).json()["events"]
    return [event["case"] for event in events if event["type"] == "case.expired"]
