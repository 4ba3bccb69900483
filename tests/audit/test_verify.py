"""Checking the ledger in the database."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from audit import heads as registry
from audit import ledger
from audit.models import Entry
from audit.standalone.verify_export import Fault
from audit.verify import snapshot, verify
from tests.audit import stories
from tests.audit.stories import ANA, NOON

pytestmark = [pytest.mark.both_databases, pytest.mark.covers("R83"), pytest.mark.django_db]


def change(subject: str, seq: int, **columns: object) -> None:
    assert Entry.objects.filter(subject=subject, seq=seq).update(**columns) == 1


def write_raw(column: str, value: str) -> None:
    """Straight into the second entry of case_1, past every conversion."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE audit_entry SET {column} = {value} WHERE subject = 'case:case_1' AND seq = 2")  # noqa: S608 -- constants


def found(fault: Fault | None) -> tuple[str, int | None, str]:
    assert fault is not None
    return fault.subject, fault.seq, fault.what


def test_a_ledger_that_nobody_touched_holds(heads: dict[str, int]) -> None:
    report = verify(heads=heads, complete=("case:", "policy:", "user:"))
    assert (report.fault, report.chains, report.entries, report.erased) == (None, 7, sum(heads.values()), 0)


def test_an_empty_ledger_holds() -> None:
    report = verify(heads={})
    assert (report.holds, report.chains, report.entries) == (True, 0, 0)


@pytest.mark.usefixtures("heads")
def test_one_chain_can_be_checked_alone() -> None:
    report = verify(subject="case:case_2")
    assert (report.holds, report.chains, report.entries) == (True, 1, 9)


def test_what_was_erased_lawfully_still_holds_and_is_counted(heads: dict[str, int]) -> None:
    for entry in Entry.objects.filter(subject="case:case_1"):
        stories.erase(entry)
    report = verify(heads=heads)
    assert (report.holds, report.erased) == (True, 8)


def test_a_case_goes_on_after_its_text_was_erased() -> None:
    story = stories.CaseStory().queued().decided().issued()
    for entry in ledger.timeline(story.subject):
        stories.erase(entry)
    story.redeemed().finished()
    assert verify().holds


@pytest.mark.usefixtures("tamperer")
def test_the_report_says_what_was_expected_and_what_was_found() -> None:
    entry = Entry.objects.get(subject="case:case_2", seq=4)
    change("case:case_2", 4, actor_id="u_99")
    fault = verify().fault
    assert found(fault) == ("case:case_2", 4, "hash")
    assert fault
    assert (fault.found, fault.says) == (entry.hash, "the entry was changed after it was written")
    assert fault.expected not in {entry.hash, ""}


@pytest.mark.usefixtures("tamperer")
def test_of_several_bad_places_the_first_is_reported() -> None:
    for subject, seq in (("case:case_4", 1), ("case:case_2", 7), ("case:case_2", 3)):
        change(subject, seq, kind="case.forged")
    assert found(verify().fault) == ("case:case_2", 3, "hash")


def test_entries_cut_off_at_the_end_are_found_by_what_the_product_expects(tamperer: dict[str, int]) -> None:
    Entry.objects.filter(subject="case:case_1", seq__gt=5).delete()
    assert verify().holds
    fault = verify(heads=tamperer).fault
    assert found(fault) == ("case:case_1", 6, "head")
    assert fault
    assert (fault.expected, fault.found) == ("8", "5")


def test_a_chain_removed_as_a_whole_is_found_by_what_the_product_expects(tamperer: dict[str, int]) -> None:
    Entry.objects.filter(subject="case:case_3").delete()
    fault = verify(heads=tamperer).fault
    assert found(fault) == ("case:case_3", 1, "missing-chain")
    assert fault
    assert fault.expected == "5 entries"


def test_an_entry_forged_at_the_end_is_found_by_what_the_product_expects(heads: dict[str, int]) -> None:
    ledger.append(subject="case:case_1", kind="case.commented", actor=ANA, at=NOON, body={"text": "all fine"})
    assert found(verify(heads=heads).fault) == ("case:case_1", 9, "head")


def test_a_chain_that_the_product_does_not_know_is_found(heads: dict[str, int]) -> None:
    stories.approved("case_forged")
    assert verify(heads=heads).holds
    assert found(verify(heads=heads, complete=("case:",)).fault) == ("case:case_forged", 1, "unknown-chain")


@pytest.mark.usefixtures("tamperer")
@pytest.mark.parametrize("column", ["salt", "body"])
def test_half_an_erasure_is_found(column: str) -> None:
    change("case:case_1", 2, **{column: None})
    assert found(verify().fault) == ("case:case_1", 2, "commitment")


@pytest.mark.usefixtures("tamperer")
@pytest.mark.parametrize("salt", ["", "zz" * 16, "AB" * 16, "00 " * 10])
def test_a_salt_that_is_none_is_found(salt: str) -> None:
    change("case:case_1", 2, salt=salt)
    assert found(verify().fault) == ("case:case_1", 2, "commitment")


@pytest.mark.sqlite_only
@pytest.mark.usefixtures("tamperer")
@pytest.mark.parametrize(
    ("column", "value"),
    [("body", "CAST(x'ff' AS TEXT)"), ("at", "'2026-13-77'"), ("at", "'yesterday'"), ("at", "''")],
)
def test_a_row_that_cannot_be_read_is_located(column: str, value: str) -> None:
    write_raw(column, value)
    assert found(verify().fault) == ("case:case_1", None, "unreadable")


@pytest.mark.sqlite_only
@pytest.mark.usefixtures("tamperer")
def test_a_row_whose_subject_cannot_be_read_is_located_by_its_key() -> None:
    entry = Entry.objects.get(subject="case:case_1", seq=2)
    write_raw("subject", "CAST(x'ff' AS TEXT)")
    fault = verify().fault
    # Its chain comes last now: the gap that it left is the first bad place.
    assert found(fault) == ("case:case_1", 3, "seq")
    Entry.objects.filter(subject="case:case_1").delete()
    fault = verify().fault
    assert found(fault) == ("", None, "unreadable")
    assert fault
    assert f"row {entry.pk} of the ledger cannot be read" in fault.says


@pytest.mark.sqlite_only
@pytest.mark.usefixtures("tamperer")
@pytest.mark.parametrize(("column", "value"), [("seq", "2.5"), ("seq", "'two'"), ("body", "x'7b7d'")])
def test_a_value_of_the_wrong_type_is_found(column: str, value: str) -> None:
    write_raw(column, value)
    assert verify().fault is not None


@pytest.mark.postgres_only
@pytest.mark.usefixtures("tamperer")
def test_a_time_beyond_the_calendar_is_located() -> None:
    write_raw("at", "'infinity'")
    assert found(verify().fault) == ("case:case_1", None, "unreadable")


@pytest.mark.usefixtures("tamperer")
@pytest.mark.sqlite_only
def test_a_bad_place_before_a_row_that_cannot_be_read_comes_first() -> None:
    write_raw("at", "'yesterday'")
    change("case:case_1", 1, kind="case.forged")
    assert found(verify().fault) == ("case:case_1", 1, "hash")


@pytest.mark.django_db(transaction=True)
def test_writing_goes_on_while_the_ledger_is_checked_and_the_check_sees_one_moment() -> None:
    stories.approved("case_1")
    seen: list[int] = []

    def write() -> None:
        stories.approved("case_2")
        connection.close()

    with snapshot():
        seen.append(verify().entries)
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(timeout=60)
        assert not writer.is_alive()
        seen.append(verify().entries)
    seen.append(verify().entries)
    assert seen == [8, 8, 16]


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_a_check_cannot_write() -> None:
    with pytest.raises(DatabaseError, match="read-only transaction"), snapshot():
        stories.approved("case_1")


def test_every_provider_says_how_long_its_chains_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_providers", {})
    registry.register("case:", lambda: [("case:case_1", 8), ("case:case_2", 3)])
    registry.register("policy:", lambda: [("policy:policy_1", 1)])
    told = registry.expected()
    assert told.seqs == {"case:case_1": 8, "case:case_2": 3, "policy:policy_1": 1}
    assert told.complete == ("case:", "policy:")


@pytest.mark.parametrize("microseconds", [1, -1, 999_999])
@pytest.mark.usefixtures("tamperer")
def test_a_time_that_moved_by_a_microsecond_is_found(microseconds: int) -> None:
    entry = Entry.objects.get(subject="case:case_1", seq=6)
    with transaction.atomic():
        change("case:case_1", 6, at=entry.at + timedelta(microseconds=microseconds))
    assert found(verify().fault) == ("case:case_1", 6, "hash")
