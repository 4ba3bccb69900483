"""The arithmetic of the ledger, and that the stand-alone verifier does the same sums by its own means."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit import chain
from audit.standalone import verify_export as verifier

pytestmark = pytest.mark.covers("R83")

EXACT_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
)
ENTRY = {
    "subject": "case:case_1",
    "seq": 2,
    "kind": "case.claimed",
    "at": "2026-11-20T12:00:00.000001Z",
    "actor": {"type": "user", "id": "u_17"},
    "commitment": "c" * 64,
    "prev": chain.GENESIS,
}


def linked(entry: dict[str, Any]) -> str:
    actor = entry["actor"]
    rest = {name: value for name, value in entry.items() if name != "actor"}
    return chain.entry_hash(**rest, actor_type=actor["type"], actor_id=actor["id"])


def by_the_book(value: dict[str, Any]) -> str:
    return rfc8785.dumps(value).decode()


def written_or_refused(write: Callable[[dict[str, Any]], str], value: dict[str, Any]) -> str | None:
    try:
        return write(value)
    except ValueError:
        return None


def test_the_hash_of_an_entry_is_the_published_one_for_ever() -> None:
    assert linked(ENTRY) == "641b3d84741115e2fed25649cb620566606c2896d8e02384c112f57f0742b8bf"


def test_a_commitment_is_the_digest_of_salt_and_body() -> None:
    assert chain.commitment("00" * 16, '{"a":1}') == "c5961791f82c7a925cef5b9fb7af1e2b205b05ab33c26b1ddabac8b2ff90930d"


@given(st.dictionaries(st.text(), EXACT_JSON, max_size=4))
def test_both_canonical_forms_agree_on_whatever_the_ledger_seals(value: dict[str, Any]) -> None:
    assert verifier.canonical(value) == chain.canonical(value)


@given(st.dictionaries(st.text(), ANY_JSON, max_size=4))
def test_the_canonical_form_is_that_of_rfc_8785(value: dict[str, Any]) -> None:
    assert written_or_refused(chain.canonical, value) == written_or_refused(by_the_book, value)


@given(st.fixed_dictionaries({**{name: st.text() for name in ("subject", "kind", "at")}, "seq": st.integers(1, 2**31)}))
def test_both_find_the_same_hash_for_an_entry(changed: dict[str, Any]) -> None:
    entry = {**ENTRY, **changed}
    assert verifier.seal(entry) == linked(entry)


@given(st.binary(min_size=16, max_size=16), st.text())
def test_both_find_the_same_commitment(salt: bytes, body: str) -> None:
    assert verifier.digest(body, salt) == chain.commitment(salt.hex(), body)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(-12, 14))  # noqa: DTZ001 -- zones follow
def test_one_moment_has_one_spelling_in_every_time_zone(naive: datetime, hours: int) -> None:
    moment = naive.replace(tzinfo=UTC)
    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    assert chain.instant(elsewhere) == chain.instant(moment) == moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_the_verifier_does_not_accept_a_number_that_could_be_spelt_in_two_ways() -> None:
    with pytest.raises(ValueError, match="no floating-point"):
        verifier.canonical({"amount": 1.0})
