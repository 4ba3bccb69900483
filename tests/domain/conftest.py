"""After each test of the domain the whole ledger must hold."""

from collections.abc import Iterator

import pytest

from audit import heads, verify


@pytest.fixture(autouse=True)
def _the_ledger_holds(request: pytest.FixtureRequest) -> Iterator[None]:
    request.getfixturevalue("db")
    yield
    if request.node.get_closest_marker("invented_history"):
        return
    expected = heads.expected()
    report = verify.verify(heads=expected.seqs, complete=expected.complete)
    assert report.holds, report.as_json()
