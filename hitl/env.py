"""What the operator says through the environment."""

import fcntl
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from hitl import sqlite

ROOT = Path(__file__).resolve().parent.parent
BUSY_SECONDS = 20
# A new case writes 33 pages, mostly of indexes and often the same ones: the log is carried over to the database after
# about 120 cases (16 MB), not after 30 as by default.
PAGES_IN_THE_LOG = 4000
# A database whose machine has gone answers nothing at all; without these, that is noticed after a quarter of an hour.
_PATIENCE = {
    "connect_timeout": "5",
    "tcp_user_timeout": f"{BUSY_SECONDS * 1000}",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "2",
}
# Where it lies, the data folder belongs to the demo, whose password is public.
DEMO_NOTES = "demo.json"


def data_dir() -> Path:
    """The folder that holds everything the desk keeps on disk (``HITL_DATA_DIR``, default ``var/``)."""
    folder = Path(os.environ.get("HITL_DATA_DIR") or ROOT / "var").resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        message = (
            f"The data folder {folder} cannot be made: {error.strerror}. Name another (HITL_DATA_DIR, --data-dir)."
        )
        raise SystemExit(message) from None
    return folder


def text(name: str, default: str = "") -> str:
    """An environment variable, empty counts as absent."""
    return os.environ.get(name) or default


def number(name: str, default: int) -> int:
    """A whole number from the environment; anything else stops the start with the variable's name."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError:
        message = f"{name} must be a whole number, not {value!r}"
        raise SystemExit(message) from None


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def yes(name: str, *, default: bool = False) -> bool:
    """``1``, ``true``, ``yes`` or ``on`` in any case."""
    return text(name, "yes" if default else "no").lower() in {"1", "true", "yes", "on"}


def secret(name: str, folder: Path) -> str:
    """A secret from the environment, else one made once and kept in the data folder, readable by its owner only."""
    if given := text(name):
        return given
    file = folder / name.removeprefix("HITL_").lower()
    if file.exists() and (known := file.read_text()):
        return known
    with os.fdopen(os.open(file, os.O_CREAT | os.O_RDWR, 0o600), "r+") as kept:
        # Of processes that start together one makes it, and the others wait until it is written.
        fcntl.flock(kept, fcntl.LOCK_EX)
        known = kept.read() or secrets.token_urlsafe(48)
        kept.seek(0)
        kept.write(known)
    return known


def databases(folder: Path) -> dict[str, dict[str, Any]]:
    """``DATABASE_URL`` (postgres://…) or SQLite in the data folder."""
    url = text("DATABASE_URL")
    return {"default": _postgresql(url) if url else _sqlite(folder / "desk.sqlite3")}


def _sqlite(file: Path) -> dict[str, Any]:
    # FULL: with NORMAL an acknowledged commit does not survive a power cut.
    pragmas = f"PRAGMA journal_mode={sqlite.journal_mode()}; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
    pragmas += f" PRAGMA wal_autocheckpoint={PAGES_IN_THE_LOG};"
    return {
        "ENGINE": "hitl.one_writer",
        "NAME": file,
        "CONN_MAX_AGE": None,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": BUSY_SECONDS, "init_command": pragmas},
        # A file, not memory: tests run threads against it, as the desk does.
        "TEST": {"NAME": str(file.with_name("test.sqlite3"))},
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        message = f"DATABASE_URL must start with postgres:// or postgresql://, not {parts.scheme!r}"
        raise SystemExit(message)
    options: dict[str, Any] = _PATIENCE | dict(parse_qsl(parts.query))
    # Every connection keeps the plans of what is asked again and again; 0 for a pooler that hands out connections.
    prepared = number("HITL_DB_PREPARE_AFTER", 3) or None
    # After a long outage the pool would else wait for minutes before it tries again.
    pool = {"min_size": 1, "max_size": number("HITL_DB_POOL", 16), "timeout": 5, "reconnect_timeout": 5}
    return {
        "ENGINE": "hitl.kept_connections",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or options.pop("host", "")),
        "PORT": parts.port or "",
        "CONN_MAX_AGE": 0,
        "OPTIONS": {"pool": pool, "server_side_binding": True, "prepare_threshold": prepared, **options},
    }


def single_sign_on(issuer: str, client_id: str, client_secret: str, name: str) -> dict[str, Any]:
    """django-allauth's description of the one OpenID Connect provider, nothing when none is named."""
    if not issuer:
        return {}
    app = {
        "provider_id": "sso",
        "name": name,
        "client_id": client_id,
        "secret": client_secret,
        "settings": {"server_url": issuer},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
