"""Intake beside the leanest way to keep the same information durably on the same machine."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import desk, http, proposals
from benchmarks.figures import Measure
from tests import services

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEAN_TABLES = """
CREATE TABLE lean_case (id bigserial PRIMARY KEY, agent int, dedupe text UNIQUE, document text, facts text, state text);
CREATE TABLE lean_ledger (id bigserial PRIMARY KEY, subject bigint, seq int, body text, hash text);
CREATE TABLE lean_outbox (id bigserial PRIMARY KEY, subject bigint, kind text, at timestamptz);
"""
_LEAN_STATEMENT = """
\\set number random(1, 9000000000000000)
WITH c AS (INSERT INTO lean_case (agent, dedupe, document, facts, state)
    VALUES (1, :number::text || ':' || :client_id::text, '{document}', '{facts}', 'queued') RETURNING id),
l AS (INSERT INTO lean_ledger (subject, seq, body, hash) SELECT id, 1, '{body}', md5(id::text) FROM c)
INSERT INTO lean_outbox (subject, kind, at) SELECT id, 'case.queued', now() FROM c;
"""
_BODY = json.dumps({"reasons": ["refund 350.00 EUR is over 200.00 EUR"], "digest": "sha256:" + "0" * 64, "version": 1})


def on_postgresql(rounds: int, count: int) -> Measure:
    """Proposals a second over HTTP into PostgreSQL, beside pgbench with one statement a case; fsync is on for both."""
    measure = Measure("Intake on PostgreSQL", "proposals/s", "pgbench, one lean statement", target="≥ 0.06")
    with (
        services.postgresql() as server,
        services.redis() as redis,
        desk.production(server.url, redis.url) as running,
    ):
        _psql(server.url, _LEAN_TABLES)
        key, urls = running[0].agent_key(), [each.url for each in running]
        _send(urls, key, count // 4)
        for _round in range(rounds):
            measure.product.append(_send(urls, key, count))
            measure.limit.append(_pgbench(server.port))
    return measure


def on_sqlite(rounds: int, count: int) -> Measure:
    """Proposals a second over HTTP into the embedded desk, beside a bare loop doing the same inserts."""
    measure = Measure("Intake on SQLite (WAL, FULL)", "proposals/s", "bare Python loop", target="≥ 0.08")
    with desk.embedded() as running:
        key = running.agent_key()
        _send([running.url], key, count // 4)
        for _round in range(rounds):
            measure.product.append(_send([running.url], key, count))
            measure.limit.append(_loop(count * 4))
    return measure


def _send(urls: Sequence[str], key: str, count: int) -> float:
    return http.rate(urls, key, "/api/v1/proposals", [proposals.body() for _each in range(count)])


def _facts(document: dict[str, object]) -> str:
    return json.dumps({name: document[name] for name in ("intent", "workflow", "customer", "signals", "actions")})


def _psql(url: str, script: str) -> None:
    command = [str(services.program("psql")), "--quiet", "--set", "ON_ERROR_STOP=1", url]
    subprocess.run(command, input=script, text=True, check=True, capture_output=True)


def _pgbench(port: int, seconds: int = 8) -> float:
    document = proposals.document()
    parts = {"document": json.dumps(document), "facts": _facts(document), "body": _BODY}
    text = _LEAN_STATEMENT
    for name, part in parts.items():
        # A colon before a letter would be a variable of pgbench's.
        text = text.replace(f"{{{name}}}", part.replace("'", "''").replace(":", " "))
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(text.replace("\n", " ").replace("WITH c", "\nWITH c").strip())
        script.flush()
        command = [str(services.program("pgbench")), "-n", "-M", "prepared", "-c", "8", "-j", "2", "-T", str(seconds)]
        command += ["-h", "127.0.0.1", "-p", str(port), "-U", "hitl", "-f", script.name, "postgres"]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    line = next(line for line in answer.splitlines() if line.startswith("tps = "))
    return float(line.split()[2])


def _loop(count: int) -> float:
    """Case, ledger row, event and conversation, one durable transaction each, as the desk stores them."""
    document = proposals.document()
    text, facts = json.dumps(document), _facts(document)
    with tempfile.TemporaryDirectory() as folder:
        store = sqlite3.connect(Path(folder) / "lean.sqlite3", isolation_level=None)
        store.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "CREATE TABLE c (id TEXT PRIMARY KEY, dedupe TEXT UNIQUE, doc TEXT, facts TEXT, verdict TEXT, state TEXT);"
            "CREATE TABLE l (id INTEGER PRIMARY KEY, subject TEXT, seq INT, body TEXT, hash TEXT);"
            "CREATE UNIQUE INDEX l_place ON l (subject, seq);"
            "CREATE TABLE e (id INTEGER PRIMARY KEY, subject TEXT, kind TEXT);"
            "CREATE TABLE v (id INTEGER PRIMARY KEY, external TEXT UNIQUE);"
        )

        def insert() -> None:
            for number in range(count):
                store.execute("BEGIN IMMEDIATE")
                store.execute("INSERT INTO v (external) VALUES (?)", (f"conv-{number}",))
                row = (f"case_{number}", f"d{number}", text, facts, _BODY, "queued")
                store.execute("INSERT INTO c VALUES (?, ?, ?, ?, ?, ?)", row)
                digest = hashlib.sha256(_BODY.encode()).hexdigest()
                entry = (f"case_{number}", 1, _BODY, digest)
                store.execute("INSERT INTO l (subject, seq, body, hash) VALUES (?, ?, ?, ?)", entry)
                store.execute("INSERT INTO e (subject, kind) VALUES (?, 'case.queued')", (f"case_{number}",))
                store.execute("COMMIT")

        seconds = http.timed(insert)
        store.close()
    return count / seconds
