"""A case becomes a control case and gets a grant at the same moment: never both."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from reviewqueue.models import Canary, Decision, Grant, Specimen
from tests import factories
from tests.concurrency.test_races import ROUNDS, at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.covers("R129")]


def _tried(verb: Any) -> Any:
    """What came of it; what the database refuses is an answer."""

    def attempt() -> str:
        try:
            with transaction.atomic():
                verb()
        except IntegrityError:
            return "refused"
        return "done"

    return attempt


def test_of_a_grant_and_a_control_case_at_once_one_is_refused() -> None:
    source, lead, at = factories.case(), factories.person("supervisor"), factories.now()
    made = Specimen.objects.create(
        source=source, title="x", document={}, risk="high", lesson="x", made_by=lead, made_at=at
    )
    for _round in range(ROUNDS):
        case = factories.case()
        ruled = Decision.objects.create(
            case=case, call_id="call_1", type="approve", decided_at=at, effective_at=at, case_version=case.version
        )
        grant = Grant(decision=ruled, case=case, digest="x", issued_at=at, expires_at=at)
        canary = Canary(case=case, specimen=made, planted_at=at)
        answers = at_once([_tried(grant.save), _tried(lambda c=canary: c.save(force_insert=True))])
        assert sorted(answers) == ["done", "refused"]
        assert Grant.objects.filter(case=case).count() + Canary.objects.filter(case=case).count() == 1
