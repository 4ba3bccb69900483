"""Where webhooks go: every trick to make the desk call an address inside, and that none of them works."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from hitl.webhooks import addresses, sending
from hitl.webhooks.addresses import UnfitAddressError
from tests import factories
from tests.webhooks.receivers import receiving

# What a host name resolves to, where it is one.
PUBLIC = "93.184.215.14"
INSIDE_V4 = (  # noqa: SIM905 - a table of addresses reads better in rows
    "127.0.0.1 127.1.2.3 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.254 192.168.0.1 169.254.169.254 "
    "169.254.170.2 100.64.0.1 100.100.100.200 168.63.129.16 192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.7 "
    "203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255"
).split()
INSIDE_V6 = (  # noqa: SIM905 - the same
    "::1 :: fe80::1 fc00::1 fd00:ec2::254 fec0::1 ff02::1 2001:db8::1 3fff::1 100::1 ::ffff:127.0.0.1 "
    "::ffff:169.254.169.254 ::ffff:a00:1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::a00:1 2002:7f00:1:: "
    "2002:a9fe:a9fe::1 2002:c0a8:1::1 2001:0:7f00:1::1 2001:0:4136:e378:8000:63bf:80ff:fffe 2a00::5efe:7f00:1 "
    "2a00::200:5efe:a9fe:a9fe 5f00::1 64:ff9b:1:a00:0:100:808:808"
).split()
UNREADABLE = [
    "",
    "https://",
    "https:///hook",
    "ftp://bot.example.org/",
    "gopher://bot.example.org/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "//bot.example.org/",
    "bot.example.org",
    "https://user@bot.example.org/",
    "https://user:secret@bot.example.org/",
    "https://127.0.0.1@bot.example.org/",
    "https://bot.example.org@127.0.0.1/",
    "https://bot.example.org/#@127.0.0.1/",
    "https://bot.example.org:0/",
    "https://bot.example.org:99999/",
    "https://bot.example.org:/",
    "https://bot.example.org:443:80/",
    "https://bot.example.org\\@127.0.0.1/",
    "https://bot.example.org /",
    " https://bot.example.org/",
    "https://bot.example.org/\r\nHost: inside",
    "https://bot.example.org/\x00",
    "https://bot\u3002example\u3002org/",
    "https://\u2460\u2461\u2466.0.0.1/",
    "https://l\u03bfcalhost/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.0.0.1./",
    "https://127.0.0.01/",
    "https://1.2.3.4.5/",
    "https://[::1/",
    "https://[fe80::1%25eth0]/",
    "https://[::ffff:127.0.0.1.]/",
    "https://-bot.example.org/",
    "https://bot..example.org/",
    "https://bot_1.example.org/",
    "https://" + "a" * 64 + ".example.org/",
    "https://bot.example.org/" + "a" * 500,
]


def unfit(url: str, *ips: str) -> str:
    """Why nothing is sent there; fails when something would be."""
    with pytest.raises(UnfitAddressError) as refused:
        addresses.target(url, resolve=lambda host, _port: ips or [host])
    return str(refused.value)


def test_a_usual_address_is_used_as_it_was_checked() -> None:
    found = addresses.target(
        "https://Bot.Example.org/hook?a=1", resolve=lambda _host, _port: [PUBLIC, "2606:4700::1111"]
    )
    assert (found.host, found.port, found.path) == ("bot.example.org", 443, "/hook?a=1")
    assert found.ips == (PUBLIC, "2606:4700::1111")


@pytest.mark.parametrize("ip", INSIDE_V4 + INSIDE_V6)
def test_a_name_that_resolves_to_the_inside_is_refused(ip: str) -> None:
    assert "private or special network" in unfit("https://bot.example.org/", ip)


@pytest.mark.parametrize("ip", INSIDE_V4 + INSIDE_V6)
def test_an_address_inside_that_is_written_out_is_refused(ip: str) -> None:
    written = f"[{ip}]" if ":" in ip else ip
    assert unfit(f"https://{written}/") != ""


@pytest.mark.parametrize("url", UNREADABLE, ids=range(len(UNREADABLE)))
def test_an_unusual_address_is_refused_before_anybody_is_asked(url: str) -> None:
    def asked(_host: str, _port: int) -> list[str]:
        raise AssertionError("nobody may be asked")

    with pytest.raises(UnfitAddressError):
        addresses.target(url, resolve=asked)


def test_one_address_inside_among_public_ones_refuses_all() -> None:
    assert "private or special network" in unfit("https://bot.example.org/", PUBLIC, "10.0.0.1", "1.1.1.1")


def test_a_name_that_cannot_be_found_is_refused() -> None:
    def fails(_host: str, _port: int) -> list[str]:
        raise socket.gaierror

    def silent(_host: str, _port: int) -> list[str]:
        return []

    for resolve in (fails, silent):
        with pytest.raises(UnfitAddressError, match="cannot be found"):
            addresses.target("https://bot.example.org/", resolve=resolve)


@pytest.mark.parametrize(
    "url", ["http://bot.example.org/", "https://bot.example.org:22/", "https://bot.example.org:6379/"]
)
def test_outside_only_tls_and_the_usual_ports(url: str) -> None:
    assert unfit(url, PUBLIC) != ""


def test_an_operator_can_allow_a_network_and_nothing_beside_it(settings: Settings) -> None:
    settings.WEBHOOK_NETWORKS = ["10.1.0.0/16"]
    found = addresses.target("http://bot.inside:8080/", resolve=lambda _host, _port: ["10.1.2.3"])
    assert (found.port, found.ips) == (8080, ("10.1.2.3",))
    assert unfit("http://bot.inside:8080/", "10.1.2.3", "10.2.0.1") != ""
    assert unfit("http://bot.inside:8080/", "10.1.2.3", PUBLIC) != ""


def test_a_name_that_changes_its_mind_is_not_asked_again(settings: Settings) -> None:
    """DNS rebinding: the first answer is harmless and every later one leads to a service on this machine."""
    settings.WEBHOOK_NETWORKS = ["127.0.0.1/32"]
    with receiving() as honest, receiving() as canary:
        answers: Iterator[str] = iter(["127.0.0.1", "127.0.0.2", "127.0.0.2"])
        asked: list[str] = []

        def rebinding(host: str, _port: int) -> list[str]:
            asked.append(host)
            return [next(answers)]

        found = addresses.target(f"http://rebind.example.org:{honest.port}/", resolve=rebinding)
        answer = sending.post(found, {}, b"{}", at=factories.now())
        assert (answer.status, asked, honest.connections) == (200, ["rebind.example.org"], 1)
        with pytest.raises(UnfitAddressError):
            addresses.target(f"http://rebind.example.org:{canary.port}/", resolve=rebinding)
        assert canary.connections == 0


OWN_NETWORK = ("unshare", "--user", "--map-root-user", "--net", "--mount")


def forbidden() -> bool:
    """Some containers let nobody make a network of their own."""
    return bool(subprocess.run([*OWN_NETWORK, "true"], capture_output=True, check=False).returncode)


@pytest.mark.skipif(forbidden(), reason="this kernel lets nobody make a network of their own, with a name server in it")
def test_the_system_s_own_resolver_and_a_name_server_that_changes_its_mind() -> None:
    """DNS rebinding from end to end: real questions to a name server, answers with a time to live of 0."""
    done = subprocess.run(
        [*OWN_NETWORK, sys.executable, "-m", "tests.webhooks.rebinding"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "statuses": [200, 200],  # what was checked is used again, and nobody is asked anew
        "refused": "This address leads into a private or special network; nothing is sent there.",
        "asked": ["127.0.0.1", "127.0.0.2"],
        "honest": 2,
        "canary": 0,
    }


def test_the_receiver_sees_the_name_and_no_proxy_is_asked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    with receiving() as receiver, receiving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        url = f"http://bot.example.org:{receiver.port}/hook"
        found = addresses.target(url, resolve=lambda _host, _port: ["127.0.0.1"])
        assert sending.post(found, {}, b"{}", at=factories.now()).status == 200
        assert (receiver.got[0][0]["host"], proxy.connections) == (f"bot.example.org:{receiver.port}", 0)


@pytest.mark.parametrize(
    "ip", ["::ffff:93.184.215.14", "64:ff9b::5db8:d70e", "2002:5db8:d70e::1", "2a00::5efe:5db8:d70e"]
)
def test_a_public_address_within_another_one_is_public(ip: str) -> None:
    assert addresses.target("https://bot.example.org/", resolve=lambda _host, _port: [ip]).ips == (str(ip_address(ip)),)


def test_a_name_server_that_is_silent_or_a_name_that_no_resolver_takes_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, go = threading.Event(), threading.Event()

    def silent(*_asked: Any, **_named: Any) -> list[Any]:
        asked.set()
        go.wait(60)
        return []

    def unfit_name(*_asked: Any, **_named: Any) -> list[Any]:
        raise UnicodeError

    submit = addresses._lookups.submit  # noqa: SLF001 - patience begins when the question is out

    def begun(*work: Any, **named: Any) -> Any:
        answer = submit(*work, **named)
        assert asked.wait(60)
        return answer

    monkeypatch.setattr(addresses, "LOOKUP_SECONDS", 0.05)
    monkeypatch.setattr(addresses._lookups, "submit", begun)  # noqa: SLF001 - the same
    monkeypatch.setattr(socket, "getaddrinfo", silent)
    with pytest.raises(UnfitAddressError, match="cannot be found"):
        addresses.target("https://bot.example.org/")
    go.set()
    monkeypatch.setattr(addresses, "LOOKUP_SECONDS", 10)
    monkeypatch.setattr(socket, "getaddrinfo", unfit_name)
    with pytest.raises(UnfitAddressError, match="cannot be found"):
        addresses.target("https://bot.example.org/")
