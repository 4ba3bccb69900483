"""The database itself refuses to change what happened."""

import logging

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit import guards
from audit.models import Entry
from audit.verify import verify
from tests.audit import stories

pytestmark = [pytest.mark.both_databases, pytest.mark.covers("R83"), pytest.mark.django_db]

REFUSED = pytest.raises(IntegrityError, match="the audit ledger is append-only")
KEPT = [field.attname for field in Entry._meta.concrete_fields if field.attname not in guards.ERASABLE]  # noqa: SLF001 -- every column
OTHER_VALUE = {"at": stories.NOON.replace(year=2020), "id": 999_999, "seq": 77}


@pytest.fixture
def entry() -> Entry:
    stories.approved()
    return Entry.objects.get(seq=3)


def attempt(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.covers("R85")
def test_an_entry_cannot_be_deleted(entry: Entry) -> None:
    with REFUSED, transaction.atomic():
        entry.delete()
    assert Entry.objects.filter(pk=entry.pk).exists()


@pytest.mark.covers("R85")
@pytest.mark.usefixtures("entry")
def test_the_ledger_cannot_be_emptied() -> None:
    with REFUSED:
        attempt("DELETE FROM audit_entry")
    assert Entry.objects.count() == 8


@pytest.mark.postgres_only
@pytest.mark.usefixtures("entry")
def test_the_ledger_cannot_be_truncated() -> None:
    with REFUSED:
        attempt("TRUNCATE audit_entry CASCADE")
    assert Entry.objects.count() == 8


@pytest.mark.postgres_only
@pytest.mark.usefixtures("entry")
def test_a_session_that_plays_replica_is_refused_as_well() -> None:
    with REFUSED:
        attempt("SET LOCAL session_replication_role = replica; UPDATE audit_entry SET kind = 'case.closed'")
    assert Entry.objects.filter(kind="case.closed").count() == 1


@pytest.mark.sqlite_only
def test_an_entry_cannot_be_replaced_by_inserting_over_it(entry: Entry) -> None:
    columns = "subject, seq, kind, at, actor_type, actor_id, salt, body, commitment, prev, hash"
    forged = columns.replace("kind", "'case.forged'")
    for named, values in ((columns, forged), (f"id, {columns}", f"id, {forged}")):
        with REFUSED:
            attempt(f"INSERT OR REPLACE INTO audit_entry ({named}) SELECT {values} FROM audit_entry WHERE seq = 3")  # noqa: S608 -- constants
    assert Entry.objects.get(seq=3) == entry
    assert not Entry.objects.filter(kind="case.forged").exists()


@pytest.mark.parametrize("column", KEPT)
def test_no_column_of_an_entry_can_be_changed(entry: Entry, column: str) -> None:
    with REFUSED, transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(**{column: OTHER_VALUE.get(column, "forged")})
    entry.refresh_from_db()
    assert verify().holds


@pytest.mark.parametrize("column", guards.ERASABLE)
def test_salt_and_body_cannot_be_replaced(entry: Entry, column: str) -> None:
    with REFUSED, transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(**{column: "00" * 16})
    assert verify().holds


@pytest.mark.usefixtures("entry")
def test_not_even_a_change_that_changes_nothing_is_let_through() -> None:
    with REFUSED, transaction.atomic():
        Entry.objects.update(kind="case.queued")
    assert verify().holds


@pytest.mark.covers("R89")
def test_salt_and_body_can_be_erased_together_and_the_chain_still_holds(entry: Entry) -> None:
    stories.erase(entry)
    entry.refresh_from_db()
    report = verify()
    assert (entry.salt, entry.body, entry.erased, entry.data) == (None, None, True, {})
    assert (report.holds, report.erased, report.entries) == (True, 1, 8)


@pytest.mark.parametrize("column", guards.ERASABLE)
def test_salt_and_body_cannot_be_erased_one_without_the_other(entry: Entry, column: str) -> None:
    with REFUSED, transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(**{column: None})
    assert verify().erased == 0


@pytest.mark.parametrize("column", KEPT)
def test_nothing_else_changes_under_cover_of_an_erasure(entry: Entry, column: str) -> None:
    with REFUSED, transaction.atomic():
        changes = {column: OTHER_VALUE.get(column, "forged")}
        Entry.objects.filter(pk=entry.pk).update(salt=None, body=None, **changes)
    assert verify().erased == 0


def test_what_was_erased_cannot_be_written_again(entry: Entry) -> None:
    salt, body = entry.salt, entry.body
    stories.erase(entry)
    with REFUSED, transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(salt=salt, body=body)
    assert verify().erased == 1


def test_the_migrations_put_every_guard_in_place() -> None:
    assert guards.missing(connection) == []


@pytest.mark.usefixtures("entry")
def test_guards_that_were_removed_are_named() -> None:
    guards.remove(connection)
    found = guards.missing(connection)
    expected = {
        "sqlite": ["audit_entry_no_delete", "audit_entry_no_replace", "audit_entry_no_update"],
        "postgresql": ["audit_entry_no_change", "audit_entry_no_truncate"],
    }
    assert found == expected[connection.vendor]


ONLY_DELETE = """
    DROP TRIGGER audit_entry_no_change ON audit_entry;
    CREATE TRIGGER audit_entry_no_change BEFORE DELETE ON audit_entry
        FOR EACH ROW EXECUTE FUNCTION audit_entry_append_only();
    ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_entry_no_change
"""


@pytest.mark.postgres_only
@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_no_change",
        "ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_no_change",
        ONLY_DELETE,
    ],
)
def test_a_guard_that_was_disabled_or_weakened_counts_as_missing(statement: str) -> None:
    attempt(statement)
    assert guards.missing(connection) == ["audit_entry_no_change"]


@pytest.mark.postgres_only
def test_guards_whose_function_was_emptied_count_as_missing() -> None:
    empty = "BEGIN RETURN COALESCE(NEW, OLD); END"
    attempt(f"CREATE OR REPLACE FUNCTION audit_entry_append_only() RETURNS trigger LANGUAGE plpgsql AS '{empty}'")
    assert guards.missing(connection) == ["audit_entry_no_change", "audit_entry_no_truncate"]


def steps_of_one_more() -> int:
    """How many instructions SQLite runs for one more entry."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    connection.connection.set_progress_handler(count, 1)
    stories.CaseStory("case_new").queued()
    connection.connection.set_progress_handler(None, 1)
    return steps


@pytest.mark.sqlite_only
def test_a_new_entry_costs_the_same_however_long_the_ledger_is() -> None:
    stories.CaseStory("case_new").queued()
    attempt("ANALYZE audit_entry")  # SQLite takes the ledger for as short as this from now on
    short = steps_of_one_more()
    for number in range(20):
        stories.approved(f"case_{number}")
    assert steps_of_one_more() == pytest.approx(short, abs=20)


@pytest.mark.sqlite_only
def test_a_guard_that_was_weakened_counts_as_missing() -> None:
    attempt("DROP TRIGGER audit_entry_no_delete")
    attempt("CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry WHEN 0 BEGIN SELECT 1; END")
    assert guards.missing(connection) == ["audit_entry_no_delete"]


def test_a_migration_puts_missing_guards_back_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    guards.remove(connection)
    with caplog.at_level(logging.WARNING, logger="audit.guards"):
        call_command("migrate", "audit", verbosity=0)
    assert guards.missing(connection) == []
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "audit guards were missing and are put back"
    ]


@pytest.mark.django_db(transaction=True)
def test_the_migrations_can_be_undone_and_done_again() -> None:
    call_command("migrate", "audit", "zero", verbosity=0)
    assert guards.TABLE not in connection.introspection.table_names()
    call_command("migrate", "audit", verbosity=0)
    assert guards.missing(connection) == []


@pytest.mark.usefixtures("entry")
def test_a_refused_change_is_an_error_of_the_database_and_undoes_its_transaction() -> None:
    def write_and_delete() -> None:
        with transaction.atomic():
            stories.CaseStory("case_9").queued()
            Entry.objects.all().delete()

    with pytest.raises(DatabaseError):
        write_and_delete()
    assert not Entry.objects.filter(subject="case:case_9").exists()
