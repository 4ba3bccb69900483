"""Between our requests and httpx's: what the sync and the async desk both need."""

import os
import socket
from collections.abc import Callable
from typing import Any

import httpx

from hitl_client.calls import Request, Response
from hitl_client.flows import Lost, Raised, Returned

VERSION = "0.1.0"


def own_name() -> str:
    """Name this process for the ledger: host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


def built(
    http: httpx.Client | httpx.AsyncClient, request: Request, *, root: str, key: str, timeout: float
) -> httpx.Request:
    """Make httpx's request out of ours."""
    headers = {
        "Accept": "application/json",
        "Authorization": f"Bearer {key}",
        "User-Agent": f"hitl-client/{VERSION}",
        **request.headers,
    }
    return http.build_request(
        request.method,
        root + request.path,
        params=dict(request.params),
        headers=headers,
        content=request.body,
        timeout=timeout,
    )


def received(answer: httpx.Response) -> Response:
    """Make our response out of httpx's."""
    return Response(answer.status_code, _headers(answer), answer.content)


def head(answer: httpx.Response) -> Response:
    """Make our response out of the beginning of a stream; the body is there only when it was read already."""
    return Response(answer.status_code, _headers(answer), b"" if answer.is_success else answer.content)


def lost(error: httpx.TransportError) -> Lost:
    """Tell a broken connection, which is worth another try, from a mistake in the request, which is not."""
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        raise error
    return Lost(error)


def called(function: Callable[[], Any]) -> Returned | Raised:
    """Call the caller's own function; also an interrupt comes back, so that the flow can report before it goes on."""
    try:
        return Returned(function())
    except BaseException as error:  # noqa: BLE001 - the flow raises it again
        return Raised(error)


def _headers(answer: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items()}
