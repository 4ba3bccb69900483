"""Webhooks over TLS: the certificate is that of the name, though the connection goes to the address."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hitl.webhooks import sending
from hitl.webhooks.addresses import Target
from hitl.webhooks.answers import Answer
from tests import factories
from tests.webhooks.receivers import OK, Receiver

NAME = "bot.example.org"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of ``bot.example.org``, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    began = factories.utc_now() - timedelta(days=1)
    builder = builder.serial_number(1).not_valid_before(began).not_valid_after(began + timedelta(days=9))
    made = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(secret + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def receiving(certificate: Path) -> Iterator[Receiver]:
    """A receiver behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as plain, context.wrap_socket(plain, server_side=True) as listener:
        receiver = Receiver(listener.getsockname()[1], [OK])
        threading.Thread(target=receiver.serve, args=(listener,), daemon=True).start()
        yield receiver
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def sent(receiver: Receiver, host: str = NAME, *ips: str, seconds: float = 10) -> Answer:
    to = Target("https", host, receiver.port, "/hook", ips or ("127.0.0.1",))
    return sending.post(to, {}, b"{}", seconds=seconds, at=factories.utc_now())


def test_nothing_is_sent_to_a_certificate_that_nobody_vouches_for(certificate: Path) -> None:
    with receiving(certificate) as receiver:
        answer = sent(receiver)
        assert (answer.status, answer.error, receiver.got) == (None, "TLS: CERTIFICATE_VERIFY_FAILED", [])


def test_a_trusted_certificate_counts_for_its_own_name_only(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_tls", lambda: ssl.create_default_context(cafile=certificate))
    with receiving(certificate) as receiver:
        assert sent(receiver).status == 200
        assert receiver.got[0][0]["host"] == f"{NAME}:{receiver.port}"
        assert sent(receiver, "other.example.org").error == "TLS: CERTIFICATE_VERIFY_FAILED"
        assert len(receiver.got) == 1


def test_the_next_address_is_tried_and_a_closed_port_is_said(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_tls", lambda: ssl.create_default_context(cafile=certificate))
    with receiving(certificate) as receiver:
        assert sent(receiver, NAME, "127.0.0.2", "127.0.0.1").status == 200
        assert sent(receiver, NAME, "127.0.0.2").error == "cannot connect"
        assert sent(receiver, seconds=0).error == "no answer in time"
