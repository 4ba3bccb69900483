"""One try: connect to a checked address, send signed bytes, read the status and nothing else."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Final

import httpcore
from standardwebhooks import Webhook

from hitl.webhooks.addresses import Target
from hitl.webhooks.answers import Answer

# For the whole try, however the time is spent.
SECONDS: Final = 10.0
_LONGEST_WAIT: Final = 86_400


def signed(secrets: Iterable[str], *, message_id: str, body: str, at: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks 1.0; every valid secret signs, so that one can be changed for another."""
    signatures = [Webhook(secret).sign(message_id, at, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def post(target: Target, headers: dict[str, str], body: bytes, *, seconds: float = SECONDS, at: datetime) -> Answer:
    """Send once. No proxy, no redirect, no cookie; the answer's body is not read."""
    network = _Checked(target.ips, ends_at=time.monotonic() + seconds)
    url = httpcore.URL(scheme=target.scheme.encode(), host=target.host, port=target.port, target=target.path.encode())
    sent: dict[bytes | str, bytes | str] = {
        "host": _authority(target),
        "content-type": "application/json",
        "user-agent": "hitl-webhooks/1",
    }
    sent.update(headers.items())
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
    pool = httpcore.ConnectionPool(ssl_context=_tls(), network_backend=network, http2=False, retries=0)
    try:
        with pool, pool.stream("POST", url, headers=sent, content=body, extensions={"timeout": timeouts}) as response:
            after = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
            return Answer(status=response.status, retry_after=_seconds(after.decode("latin-1"), at))
    except (httpcore.TimeoutException, TimeoutError):
        return Answer(error="no answer in time")
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        return Answer(error=_named(error))


def _named(error: Exception) -> str:
    if isinstance(error, httpcore.ConnectError):
        # What was wrong with a certificate is behind what httpcore raises.
        refused = error.__context__
        return f"TLS: {refused.reason or 'failed'}"[:200] if isinstance(refused, ssl.SSLError) else "cannot connect"
    return "the answer is not HTTP" if isinstance(error, httpcore.RemoteProtocolError) else "the connection broke"


def _authority(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    usual = {"https": 443, "http": 80}[target.scheme]
    return host if target.port == usual else f"{host}:{target.port}"


def _seconds(text: str, at: datetime) -> float:
    """``Retry-After``: a number of seconds or a date; nonsense is nothing, and nobody is waited for over a day."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), _LONGEST_WAIT))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - at).total_seconds(), 0.0), float(_LONGEST_WAIT))


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Checked(httpcore.NetworkBackend):
    """Connects to the addresses that were checked, whatever the name would resolve to now, and ends in time."""

    def __init__(self, ips: tuple[str, ...], *, ends_at: float) -> None:
        self._ips, self._ends_at = ips, ends_at
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - it was looked up already
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the try's own time counts
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """The first one that answers."""
        failed: Exception = httpcore.ConnectError()
        for ip in self._ips:
            try:
                return self._connected(ip, port, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    def _connected(
        self, ip: str, port: int, local: str | None, options: Iterable[httpcore.SOCKET_OPTION] | None
    ) -> httpcore.NetworkStream:
        left = _left(self._ends_at)
        stream = self._plain.connect_tcp(ip, port, timeout=left, local_address=local, socket_options=options)
        return _Timed(stream, self._ends_at)


class _Timed(httpcore.NetworkStream):
    """A stream on which no step, and not all of them together, takes longer than the try may."""

    def __init__(self, stream: httpcore.NetworkStream, ends_at: float) -> None:
        self._stream, self._ends_at = stream, ends_at

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the try's own time counts
        """As the stream's."""
        return self._stream.read(max_bytes, timeout=_left(self._ends_at))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the same
        """As the stream's."""
        self._stream.write(buffer, timeout=_left(self._ends_at))

    def close(self) -> None:
        """As the stream's."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the same
    ) -> httpcore.NetworkStream:
        """The certificate is that of the name, though the connection goes to the address."""
        inner = self._stream.start_tls(ssl_context, server_hostname, timeout=_left(self._ends_at))
        return _Timed(inner, self._ends_at)

    def get_extra_info(self, info: str) -> Any:
        """As the stream's."""
        return self._stream.get_extra_info(info)


def _left(ends_at: float) -> float:
    left = ends_at - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left
