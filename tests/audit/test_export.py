"""Evidence that leaves the house."""

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from audit import export
from audit.chain import canonical, instant
from audit.heads import Expected
from audit.models import Entry
from audit.standalone import verify_export as verifier
from tests.audit import stories
from tests.audit.stories import NOON

pytestmark = [pytest.mark.both_databases, pytest.mark.covers("R83", "R84"), pytest.mark.django_db]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "evidence.jsonl"


def documents(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def run_alone(path: Path) -> "subprocess.CompletedProcess[str]":
    """The copy beside the export, without our packages, our environment or our folder."""
    command = [sys.executable, "-I", "-S", "-B", str(path.with_name("verify_export.py")), str(path)]
    return subprocess.run(command, cwd="/", env={}, capture_output=True, text=True, check=False)


def test_an_export_holds_every_entry_of_every_chain(heads: dict[str, int], path: Path) -> None:
    written = export.write(path, at=NOON)
    header, *entries = documents(path)
    assert entries == [entry.as_row() for entry in Entry.objects.order_by("subject", "seq")]
    assert {subject: head["seq"] for subject, head in header["heads"].items()} == heads
    assert (written.entries, written.chains) == (header["entries"], header["chains"]) == (len(entries), len(heads))
    assert (header["format"], header["version"], header["created_at"]) == ("hitl-audit-export", 1, instant(NOON))


@pytest.mark.usefixtures("heads")
def test_every_line_of_an_export_is_in_its_canonical_form(path: Path) -> None:
    export.write(path, at=NOON)
    assert path.read_text() == "".join(f"{canonical(document)}\n" for document in documents(path))


def test_an_export_holds_and_its_fingerprint_is_the_one_that_was_printed(heads: dict[str, int], path: Path) -> None:
    written = export.write(path, at=NOON)
    report = verifier.verify_file(path)
    assert (report.holds, report.chains, report.entries) == (True, len(heads), sum(heads.values()))
    assert report.fingerprint == written.fingerprint


def test_the_verifier_prints_what_it_found_and_ends_with_its_verdict(
    heads: dict[str, int], path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export.write(path, at=NOON)
    assert (verifier.main([str(path)]), json.loads(capsys.readouterr().out)["chains"]) == (0, len(heads))


def test_two_exports_of_one_ledger_differ_in_nothing(heads: dict[str, int], path: Path) -> None:
    assert heads
    first = export.write(path, at=NOON)
    raw = path.read_bytes()
    assert export.write(path, at=NOON) == first
    assert path.read_bytes() == raw


def test_the_empty_ledger_can_be_exported(path: Path) -> None:
    export.write(path, at=NOON)
    report = verifier.verify_file(path)
    assert (report.holds, report.entries) == (True, 0)


@pytest.mark.usefixtures("heads")
def test_one_case_can_be_exported_alone(path: Path) -> None:
    written = export.write(path, at=NOON, subject="case:case_2", expected=Expected({"case:case_2": 9, "case:x": 1}, ()))
    assert (written.entries, written.chains) == (9, 1)
    assert verifier.verify_file(path).holds


@pytest.mark.usefixtures("heads")
def test_a_case_that_nobody_knows_cannot_be_exported(path: Path) -> None:
    with pytest.raises(LookupError, match="knows nothing about case:case_99"):
        export.write(path, at=NOON, subject="case:case_99")
    assert not path.exists()


def test_an_export_hides_no_entry_that_the_product_misses(tamperer: dict[str, int], path: Path) -> None:
    Entry.objects.filter(subject="case:case_1", seq__gt=6).delete()
    export.write(path, at=NOON, expected=Expected(tamperer, ("case:",)))
    fault = verifier.verify_file(path).fault
    assert fault
    assert (fault.subject, fault.seq, fault.what) == ("case:case_1", 7, "head")


def test_an_export_hides_no_chain_that_the_product_misses(tamperer: dict[str, int], path: Path) -> None:
    Entry.objects.filter(subject="case:case_1").delete()
    export.write(path, at=NOON, expected=Expected(tamperer, ("case:",)))
    fault = verifier.verify_file(path).fault
    assert fault
    assert (fault.subject, fault.seq, fault.what) == ("case:case_1", 1, "missing-chain")


def test_an_export_shows_a_chain_that_the_product_does_not_know(heads: dict[str, int], path: Path) -> None:
    stories.approved("case_forged")
    export.write(path, at=NOON, expected=Expected(heads, ("case:",)))
    fault = verifier.verify_file(path).fault
    assert fault
    assert (fault.subject, fault.what) == ("case:case_forged", "unknown-chain")


@pytest.mark.covers("R89")
def test_what_was_erased_is_not_in_an_export_and_the_export_holds(heads: dict[str, int], path: Path) -> None:
    for entry in Entry.objects.filter(subject="case:case_5"):
        stories.erase(entry)
    export.write(path, at=NOON)
    report = verifier.verify_file(path)
    assert (report.holds, report.erased) == (True, heads["case:case_5"])
    assert "never mind" not in path.read_text()


@pytest.mark.usefixtures("heads")
def test_an_export_is_for_its_owners_eyes(path: Path) -> None:
    export.write(path, at=NOON)
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR


@pytest.mark.sqlite_only
@pytest.mark.usefixtures("heads")
def test_an_export_that_fails_leaves_the_one_before_it(path: Path) -> None:
    export.write(path, at=NOON)
    before = path.read_bytes()
    stories.without_guards()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_entry SET at = '' WHERE seq = 2")
    with pytest.raises(verifier.Broken, match="cannot be read"):
        export.write(path, at=NOON)
    assert path.read_bytes() == before


@pytest.mark.usefixtures("heads")
def test_the_verifier_beside_an_export_needs_nothing_but_python(path: Path) -> None:
    written = export.write(path, at=NOON)
    done = run_alone(path)
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert (report["holds"], report["fault"], report["fingerprint"]) == (True, None, written.fingerprint)


@pytest.mark.usefixtures("heads")
def test_the_verifier_beside_an_export_names_the_first_bad_place(path: Path) -> None:
    export.write(path, at=NOON)
    path.write_bytes(path.read_bytes().replace(b"case.claimed", b"case.blessed", 1))
    done = run_alone(path)
    fault = json.loads(done.stdout)["fault"]
    assert (done.returncode, done.stderr) == (1, "")
    assert (fault["subject"], fault["seq"], fault["what"], fault["line"]) == ("case:case_1", 2, "hash", 3)


@pytest.mark.parametrize("arguments", [[], ["one.jsonl", "two.jsonl"]])
def test_the_verifier_says_how_it_is_used(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert verifier.main(arguments) == 2
    assert capsys.readouterr().err == "usage: python verify_export.py export.jsonl\n"


def test_the_verifier_says_when_there_is_no_such_file(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verifier.main([str(path)]) == 2
    assert "No such file" in capsys.readouterr().err


def sealed(**header: object) -> bytes:
    """A header with the fingerprint that belongs to it, whatever it says."""
    return f"{canonical({**header, 'fingerprint': verifier.digest(canonical(header))})}\n".encode()


GOOD = {"format": "hitl-audit-export", "version": 1}


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "line 1 is not as it was written"),
        (b"\x00\x01", "line 1 is not as it was written"),
        (b'"text"\n', "line 1 is not as it was written"),
        (b"{}\n", "this is not version 1 of an audit export"),
        (sealed(**{**GOOD, "version": 2}, heads={}), "this is not version 1 of an audit export"),
        (f"{canonical({**GOOD, 'heads': {}})}\n".encode(), "the header was changed"),
        (sealed(**GOOD), "the header does not list the chains"),
        (sealed(**GOOD, heads=[]), "the header does not list the chains"),
        (sealed(**GOOD, heads={"case:1": 3}), "the header does not list the chains"),
        (sealed(**GOOD, heads={"case:1": {"seq": "3"}}), "the header does not list the chains"),
        (sealed(**GOOD, heads={"case:1": {"seq": 3, "x": 1}}), "the header does not list the chains"),
    ],
)
def test_what_is_no_export_is_refused_with_a_reason(raw: bytes, says: str, path: Path) -> None:
    path.write_bytes(raw)
    fault = verifier.verify_file(path).fault
    assert fault
    assert (fault.says, fault.line) == (says, 1)


@pytest.mark.usefixtures("heads")
def test_an_entry_that_stands_apart_from_its_chain_is_found(path: Path) -> None:
    export.write(path, at=NOON)
    raw = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*raw, raw[1]]))
    fault = verifier.verify_file(path).fault
    assert fault
    assert (fault.what, fault.subject, fault.line) == ("order", "case:case_1", len(raw) + 1)


@pytest.mark.parametrize(
    "change",
    [
        {"seq": "1"},
        {"seq": True},
        {"body": 1},
        {"actor": {"type": "user"}},
        {"actor": {"type": "user", "id": 1}},
        {"actor": "user"},
        {"hash": None},
    ],
)
@pytest.mark.usefixtures("heads")
def test_a_line_that_is_no_entry_is_found(change: dict[str, object], path: Path) -> None:
    export.write(path, at=NOON)
    header, first, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([header, f"{canonical({**json.loads(first), **change})}\n".encode(), *rest]))
    fault = verifier.verify_file(path).fault
    assert fault
    assert (fault.what, fault.says, fault.line) == ("format", "this is not a ledger entry", 2)


@pytest.mark.parametrize("body", ["", "[]", "null", "{", "[" * 100_000])
def test_a_sealed_body_that_is_no_object_is_found(body: str, path: Path) -> None:
    story = stories.CaseStory()
    entry = story.tell("grant.issued")
    forge(entry, body)
    export.write(path, at=NOON)
    fault = verifier.verify_file(path).fault
    assert fault
    assert (fault.what, fault.seq) == ("body", 1)


def forge(entry: Entry, body: str) -> None:
    stories.without_guards()
    row = {**entry.as_row(), "body": body}
    commitment = verifier.digest(body, bytes.fromhex(row["salt"]))
    link = verifier.seal({**row, "commitment": commitment})
    Entry.objects.filter(pk=entry.pk).update(body=body, commitment=commitment, hash=link)
