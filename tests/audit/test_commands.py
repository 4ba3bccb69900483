"""`manage.py audit_export` and `manage.py audit_verify`."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit import guards
from audit import heads as registry
from audit.models import Entry
from tests.audit import stories

pytestmark = [pytest.mark.both_databases, pytest.mark.covers("R83"), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def product(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """A product that knows how long its cases' chains are."""
    known: dict[str, int] = {}
    monkeypatch.setattr(registry, "_providers", {"case:": known.items})
    return known


@pytest.fixture
def ledger(product: dict[str, int], heads: dict[str, int]) -> dict[str, int]:
    product.update({subject: seq for subject, seq in heads.items() if subject.startswith("case:")})
    return product


def run(*arguments: object) -> tuple[dict[str, Any], str]:
    """What a command prints, and the sentence with which it ends in status 1 (empty: status 0)."""
    out, says = StringIO(), ""
    try:
        call_command(*map(str, arguments), stdout=out)
    except CommandError as error:
        says = f"{error}" if error.returncode == 1 else f"status {error.returncode}"
    return json.loads(out.getvalue() or "{}"), says


@pytest.mark.usefixtures("ledger")
def test_audit_verify_reports_a_database_that_holds() -> None:
    report, says = run("audit_verify")
    assert (report["holds"], report["chains"], report["entries"], says) == (True, 7, Entry.objects.count(), "")


@pytest.mark.usefixtures("ledger")
def test_audit_verify_ends_in_status_1_with_the_first_bad_place() -> None:
    stories.without_guards()
    Entry.objects.filter(subject="case:case_2", seq=3).update(actor_id="u_99")
    report, says = run("audit_verify")
    assert (report["holds"], report["fault"]["subject"], report["fault"]["seq"]) == (False, "case:case_2", 3)
    expected = "The ledger does not hold. case:case_2 entry 3: the entry was changed after it was written (expected "
    assert says.startswith(expected)


def test_audit_verify_asks_the_product_how_long_the_chains_are(ledger: dict[str, int]) -> None:
    ledger["case:case_3"] += 1
    report, says = run("audit_verify")
    assert report["fault"]["what"] == "head"
    assert says == "The ledger does not hold. case:case_3 entry 6: entries are missing at the end (expected 6, found 5)"


@pytest.mark.usefixtures("ledger")
def test_audit_verify_complains_of_a_ledger_that_could_be_changed() -> None:
    guards.remove(connection)
    report, says = run("audit_verify")
    assert report["fault"]["what"] == "guards"
    assert "the database would let them be changed" in says


@pytest.mark.django_db(transaction=True)
def test_audit_verify_looks_at_one_moment_of_a_living_database(product: dict[str, int]) -> None:
    stories.approved("case_1")
    product["case:case_1"] = 8
    report, says = run("audit_verify")
    assert (report["holds"], says) == (True, "")


@pytest.mark.usefixtures("ledger")
def test_an_export_is_written_and_verified(tmp_path: Path) -> None:
    written, _ = run("audit_export", tmp_path / "all.jsonl")
    report, says = run("audit_verify", tmp_path / "all.jsonl")
    assert (report["holds"], report["fingerprint"], says) == (True, written["fingerprint"], "")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["all.jsonl", "verify_export.py"]


@pytest.mark.usefixtures("ledger")
def test_audit_verify_names_the_line_of_a_damaged_export(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    run("audit_export", path)
    path.write_bytes(path.read_bytes().replace(b"350.00", b"20.00", 1))
    report, says = run("audit_verify", path)
    assert report["fault"]["line"] == 2
    assert says.startswith("The ledger does not hold. line 2: case:case_1 entry 1: the body is not the one")


@pytest.mark.parametrize("named", ["case_2", "case:case_2"])
@pytest.mark.usefixtures("ledger")
def test_one_case_is_exported_by_its_id(named: str, tmp_path: Path) -> None:
    written, _ = run("audit_export", tmp_path / "case.jsonl", "--case", named)
    assert (written["chains"], written["entries"]) == (1, 9)
    assert run("audit_verify", tmp_path / "case.jsonl")[0]["holds"] is True


@pytest.mark.usefixtures("ledger")
def test_an_unknown_case_is_refused_in_a_sentence(tmp_path: Path) -> None:
    assert run("audit_export", tmp_path / "x.jsonl", "--case", "x") == ({}, "the ledger knows nothing about case:x")


@pytest.mark.usefixtures("ledger")
def test_a_place_that_cannot_be_written_or_read_is_named(tmp_path: Path) -> None:
    nowhere = tmp_path / "no" / "such" / "folder.jsonl"
    assert run("audit_export", nowhere)[1] == f"{nowhere} cannot be written: No such file or directory."
    assert str(nowhere) in run("audit_verify", nowhere)[1]
