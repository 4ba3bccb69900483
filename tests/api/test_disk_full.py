"""The disk is full: what cannot be kept is refused as a whole, reading goes on, and with room all is well again."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from audit import verify
from audit.models import Entry
from reviewqueue.models import Case, Event
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite_only]


def pages(most: int | None = None) -> int:
    """How large the database is in pages, and may become."""
    with connection.cursor() as cursor:
        if most is not None:
            cursor.execute(f"PRAGMA max_page_count = {most}")
        cursor.execute("PRAGMA page_count")
        (count,) = cursor.fetchone()
    return int(count)


@pytest.fixture
def full_disk() -> Iterator[None]:
    yield pages(most=pages())
    pages(most=1_073_741_823)


def rows() -> tuple[int, int, int]:
    return Case.objects.count(), Entry.objects.count(), Event.objects.count()


def large(number: int) -> dict[str, Any]:
    talk = {"id": f"large-{number}", "messages": [{"seq": 1, "role": "customer", "text": "late " * 100_000}]}
    return factories.document(conversation=talk)


@pytest.mark.usefixtures("full_disk")
def test_without_room_a_proposal_is_refused_whole_and_what_is_known_can_be_read(agent):
    kept = agent.propose()
    known, answer = rows(), agent.post("/proposals", large(0))
    # What earlier tests have left empty is filled first.
    for number in range(1, 200):
        if answer.status != 201:
            break
        known = rows()
        answer = agent.post("/proposals", large(number))
    assert (answer.status, answer.slug, answer.headers["Retry-After"]) == (503, "unavailable", "2")
    assert rows() == known
    assert agent.get(f"/cases/{kept['id']}").body["id"] == kept["id"]
    pages(most=1_073_741_823)
    assert agent.post("/proposals", large(1000)).status == 201
    assert verify.verify().holds
