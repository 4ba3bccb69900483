"""GET /review/gaps: the same as the command."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from reviewqueue.domain import gaps
from reviewqueue.models import Gap
from tests import factories
from tests.api.wire import PersonCaller

pytestmark = pytest.mark.django_db
PATH = "/review/gaps"


@pytest.fixture
def _failed() -> None:
    who = factories.person()
    ruling = {"call_id": "call_1", "type": "reject", "reason_code": "policy", "message": "Not allowed."}
    factories.decide(factories.claimed(who), who, ruling | {"knowledge_gap": "Nobody may give 30 %"})


@pytest.mark.covers("R96")
@pytest.mark.usefixtures("_failed")
def test_the_wire_and_the_command_tell_the_same():
    out = StringIO()
    call_command("gaps", "--json", stdout=out)
    told = json.loads(out.getvalue())["gaps"]
    reply = PersonCaller("qa_lead").get(PATH)
    assert (reply.status, reply.body["gaps"]) == (200, told)
    assert (told[0]["title"], told[0]["reason"], told[0]["rank"]) == ("Nobody may give 30 %", "policy", 1)
    assert "two weeks late" not in reply.raw.decode()


@pytest.mark.usefixtures("_failed")
def test_an_owner_is_told_their_own_gaps_and_others_none():
    gaps.find(at=factories.now())
    reviewer, boss = PersonCaller("reviewer"), factories.person("supervisor")
    assert reviewer.get(PATH).body == {"gaps": []}
    gaps.assign(Gap.objects.get(), owner=reviewer.user, area="source", person=boss, version=1, at=factories.now())
    assert len(reviewer.get(PATH).body["gaps"]) == 1


@pytest.mark.parametrize("asked", ["?state=sad", "?order=beauty"])
def test_what_is_not_known_is_refused(asked):
    reply = PersonCaller("supervisor").get(PATH + asked)
    assert (reply.status, reply.slug) == (422, "invalid-request")


@pytest.mark.usefixtures("_failed")
def test_the_command_lists_them_in_short():
    out = StringIO()
    call_command("gaps", stdout=out)
    assert "Nobody may give 30 %" in out.getvalue()
