"""A small OpenID Connect provider on this machine: it asks nobody anything and signs whatever the test wants."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT_ID = "the-desk"
CLIENT_SECRET = "shared-with-the-provider"


@dataclass
class Provider:
    """What it will say about whoever comes next."""

    url: str
    claims: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    refuses: bool = False
    wrong_key: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    other: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def says(self, sub: str, email: str, *, verified: bool = True, **more: Any) -> None:
        """Who comes next."""
        self.claims = {"sub": sub, "email": email, "email_verified": verified} | more
        self.changes, self.info, self.refuses, self.wrong_key = {}, {}, False, False

    def configuration(self) -> dict[str, Any]:
        """What ``/.well-known/openid-configuration`` says."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def keys(self) -> dict[str, Any]:
        """The key to check signatures with."""
        public = self.key.public_key().public_numbers()
        return {
            "keys": [
                {"kty": "RSA", "kid": "1", "use": "sig", "alg": "RS256", "n": _number(public.n), "e": _number(public.e)}
            ]
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser goes next."""
        self.asked.append(query)
        if self.refuses:
            return f"{query['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': query['state']})}"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> dict[str, Any] | None:
        """Tokens for a code, once, to whoever knows both secrets."""
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = _text(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None or form.get("client_secret") != CLIENT_SECRET or asked.get("code_challenge") != challenge:
            return None
        return {"access_token": "access", "token_type": "Bearer", "id_token": self.signed()}

    def signed(self) -> str:
        """The id token."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 60} | self.claims | self.changes
        head = {"alg": "RS256", "kid": "1", "typ": "JWT"}
        unsigned = f"{_text(json.dumps(head).encode())}.{_text(json.dumps(claims).encode())}"
        key = self.other if self.wrong_key else self.key
        return f"{unsigned}.{_text(key.sign(unsigned.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@contextmanager
def running() -> Iterator[Provider]:
    """Answering on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}")
    server.provider = provider  # type: ignore[attr-defined] # the handler finds it there
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    @property
    def provider(self) -> Provider:
        return self.server.provider  # type: ignore[attr-defined,no-any-return] # set where it is started

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(query))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        answers = {
            "/.well-known/openid-configuration": self.provider.configuration,
            "/keys": self.provider.keys,
            "/userinfo": lambda: self.provider.claims | self.provider.info,
        }
        self._answer(answers[address.path]() if address.path in answers else None)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(self.provider.token({name: values[0] for name, values in parse_qs(body).items()}))

    def log_message(self, *_words: Any) -> None:
        """Tests are quiet."""

    def _answer(self, document: dict[str, Any] | None) -> None:
        text = json.dumps(document or {"error": "invalid_request"}).encode()
        self.send_response(200 if document else 400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))
