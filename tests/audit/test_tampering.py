"""Every kind of tampering with the rows is found, at the right place, in the database and in an export alike."""

import json
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db import transaction

from audit import export
from audit.heads import Expected
from audit.models import Entry
from audit.standalone import verify_export as verifier
from audit.verify import verify
from tests.audit import stories
from tests.audit.tampering import KINDS, Place, Rows

pytestmark = [pytest.mark.both_databases, pytest.mark.covers("R83"), pytest.mark.django_db]

POSITIONS = 100
PREFIXES = ("case:", "policy:", "user:")
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def rows(tamperer: dict[str, int]) -> Rows:
    """The ledger's rows, before anybody touched them."""
    assert sum(tamperer.values()) == Entry.objects.count()
    return [{"id": entry.pk, **entry.as_row()} for entry in Entry.objects.order_by("id")]


def copied(rows: Rows) -> Rows:
    return [{**row, "actor": dict(row["actor"])} for row in rows]


def tampered(rows: Rows, kind: str, position: int) -> tuple[Rows, Place]:
    changed = copied(rows)
    return changed, KINDS[kind](changed, Random(f"{kind} {position}"))


def as_entry(row: dict[str, Any]) -> Entry:
    columns = {name: value for name, value in row.items() if name not in {"actor", "at"}}
    actor, at = row["actor"], datetime.fromisoformat(row["at"])
    return Entry(**columns, actor_type=actor["type"], actor_id=actor["id"], at=at)


def store(before: Rows, after: Rows) -> None:
    """Write the difference into the database."""
    known = {row["id"]: row for row in before}
    changed = [row for row in after if known.get(row["id"]) != row]
    gone = known.keys() - {row["id"] for row in after}
    Entry.objects.filter(pk__in=[*gone, *(row["id"] for row in changed)]).delete()
    Entry.objects.bulk_create(map(as_entry, changed))


def in_order(rows: Rows) -> Rows:
    return sorted(rows, key=lambda row: (row["subject"], row["seq"]))


def lines(rows: Rows) -> list[bytes]:
    """As an export writes them, which is RFC 8785 here: ASCII keys and no fractions."""
    kept = ({name: row[name] for name in verifier.SHAPE} for row in in_order(rows))
    written = (json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for row in kept)
    return [f"{line}\n".encode() for line in written]


def place(fault: verifier.Fault | None) -> Place:
    return (fault.subject, fault.seq) if fault and fault.seq is not None else None


@EVERY_KIND
def test_tampering_with_the_database_is_found_where_it_was_done(
    kind: str, rows: Rows, tamperer: dict[str, int]
) -> None:
    for position in range(POSITIONS):
        changed, expected = tampered(rows, kind, position)
        with transaction.atomic():
            store(rows, changed)
            report = verify(heads=tamperer, complete=PREFIXES)
            transaction.set_rollback(True)
        assert (place(report.fault), position) == (expected, position)


@EVERY_KIND
def test_tampering_with_an_export_is_found_where_it_was_done(kind: str, rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    export.write(path, at=stories.NOON)
    header = path.read_bytes().splitlines(keepends=True)[0]
    for position in range(POSITIONS):
        changed, expected = tampered(rows, kind, position)
        path.write_bytes(header + b"".join(lines(changed)))
        fault = verifier.verify_file(path).fault
        assert (place(fault), position) == (expected, position)


@EVERY_KIND
def test_the_database_and_an_export_of_it_are_judged_alike(
    kind: str, rows: Rows, tamperer: dict[str, int], tmp_path: Path
) -> None:
    for position in range(5):
        with transaction.atomic():
            store(rows, tampered(rows, kind, position)[0])
            here = verify(heads=tamperer, complete=PREFIXES)
            export.write(tmp_path / "evidence.jsonl", at=stories.NOON, expected=Expected(tamperer, PREFIXES))
            transaction.set_rollback(True)
        there = verifier.verify_file(tmp_path / "evidence.jsonl")
        assert here.fault
        assert there.fault
        for name in ("subject", "seq", "what", "says", "expected", "found"):
            assert getattr(there.fault, name) == getattr(here.fault, name)


def break_bytes(kind: str, raw: list[bytes], rng: Random) -> int | None:
    """Tamper with the lines of an export; returns the line at which the verifier must stop, None for the header."""
    at = rng.randrange(1, len(raw) - 1)
    match kind:
        case "flip a bit":
            position = rng.randrange(len(raw[at]))
            flipped = bytes([raw[at][position] ^ 1 << rng.randrange(8)])
            raw[at] = raw[at][:position] + flipped + raw[at][position + 1 :]
        case "write the line anew":
            raw[at] = json.dumps(json.loads(raw[at]), ensure_ascii=False).encode() + b"\n"
        case "duplicate a key":
            raw[at] = raw[at].replace(b'{"actor"', b'{"kind":"case.closed","actor"', 1)
        case "add a key":
            raw[at] = raw[at].replace(b"}\n", b',"z":1}\n')
        case "insert an empty line":
            raw.insert(at, b"\n")
        case "insert something else":
            raw.insert(at, rng.choice([b"[]\n", b"null\n", b"{}\n", b"\xff\n", b"[" * 100_000 + b"\n"]))
        case "duplicate a line":
            raw.insert(at, raw[at])
            at += 1
        case "cut a line":
            raw[at] = raw[at][: rng.randrange(1, len(raw[at]) - 1)]
        case "cut the last line":
            at = len(raw) - 1
            raw[at] = raw[at][: -rng.randrange(1, 20)]
    return at + 1


@pytest.mark.parametrize(
    "kind",
    [
        "flip a bit",
        "write the line anew",
        "duplicate a key",
        "add a key",
        "insert an empty line",
        "insert something else",
        "duplicate a line",
        "cut a line",
        "cut the last line",
    ],
)
@pytest.mark.usefixtures("heads")
def test_tampering_with_the_bytes_of_an_export_is_found_at_its_line(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    export.write(path, at=stories.NOON)
    raw = path.read_bytes().splitlines(keepends=True)
    for position in range(POSITIONS):
        broken, rng = list(raw), Random(f"{kind} {position}")
        line = break_bytes(kind, broken, rng)
        path.write_bytes(b"".join(broken))
        fault = verifier.verify_file(path).fault
        assert fault, (kind, position)
        assert (fault.line, position) == (line, position)


@pytest.mark.usefixtures("heads")
def test_no_bit_of_the_header_can_be_flipped(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    export.write(path, at=stories.NOON)
    raw = path.read_bytes()
    end = raw.index(b"\n")
    for position in range(POSITIONS):
        rng = Random(position)
        broken = bytearray(raw)
        broken[rng.randrange(end + 1)] ^= 1 << rng.randrange(8)
        path.write_bytes(broken)
        fault = verifier.verify_file(path).fault
        assert fault, position
        assert (fault.line, position) == (1, position)


def recompute(rows: Rows) -> Rows:
    """All hashes anew: what a tamperer does who knows how the ledger works."""
    ends: dict[str, str] = {}
    for row in in_order(rows):
        row["prev"] = ends.get(row["subject"], verifier.GENESIS)
        row["commitment"] = verifier.digest(row["body"], bytes.fromhex(row["salt"]))
        row["hash"] = ends[row["subject"]] = verifier.seal(row)
    return rows


def test_a_chain_recomputed_as_a_whole_does_not_fit_the_header_of_an_export(rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    export.write(path, at=stories.NOON)
    header = path.read_bytes().splitlines(keepends=True)[0]
    for position in range(POSITIONS):
        changed, where = tampered(rows, "edit_actor", position)
        path.write_bytes(header + b"".join(lines(recompute(changed))))
        fault = verifier.verify_file(path).fault
        assert fault
        assert where
        assert (fault.what, fault.subject, position) == ("head", where[0], position)


def test_bodies_removed_from_an_export_as_if_erased_are_found(rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    export.write(path, at=stories.NOON)
    header = path.read_bytes().splitlines(keepends=True)[0]
    for position in range(POSITIONS):
        changed = copied(rows)
        row = Random(position).choice(changed)
        row["salt"] = row["body"] = None
        path.write_bytes(header + b"".join(lines(changed)))
        fault = verifier.verify_file(path).fault
        assert fault
        assert (fault.what, fault.subject, position) == ("erased", row["subject"], position)


def test_whoever_rewrites_an_export_as_a_whole_cannot_keep_its_fingerprint(rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    noted = export.write(path, at=stories.NOON).fingerprint
    store(rows, recompute(tampered(rows, "edit_amount", 1)[0]))
    export.write(path, at=stories.NOON)
    report = verifier.verify_file(path)
    assert report.holds
    assert report.fingerprint != noted
