"""Whatever is sent, the desk answers as its description promises, and never with a 5xx."""

import copy
import json
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core import NotSet

from audit.actions import SYSTEM
from hitl.api import description, examples
from hitl.customers import articles
from hitl.customers.models import Article
from reviewqueue.domain import sampling
from tests import factories
from tests.api.wire import ROOT, AgentCaller, PersonCaller

pytestmark = pytest.mark.django_db
# The same examples in every run: a failure here is a failure everywhere.
BOUNDED = settings(
    max_examples=12,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
schema = schemathesis.openapi.from_dict(description.document())
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


@pytest.fixture
def known():
    """A case in somebody's hands with a spent grant behind it, so that ids and tokens can be real ones."""
    factories.policy()
    scopes = ("propose", "redeem", "converse", "knowledge")
    agent, reviewer = AgentCaller(burst=10**6, scopes=scopes), PersonCaller("supervisor", reviews_quality=True)
    decided, held = agent.propose()["id"], agent.propose()["id"]
    reviewer.decide(reviewer.claim(decided))
    grant = agent.get(f"/cases/{decided}").body["decisions"][0]["grant"]["id"]
    briefing = reviewer.claim(held)
    ids = {"case_id": held, "grant_id": grant, "slug": _answer(), "pause_id": _pause(reviewer)}
    ids["sampled_id"] = _sampled()
    ids |= _talk(agent, reviewer)
    return {"agent": agent, "reviewer": reviewer, "briefing": briefing, **ids}


def _talk(agent, reviewer):
    """A conversation in a person's hands, with a message to deliver."""
    case = agent.propose(conversation={"id": "conv-talk"})["id"]
    reviewer.post(f"/review/cases/{case}/take_over")
    letter = reviewer.post(f"/review/cases/{case}/messages", {"text": "Hello."}).body["id"]
    return {"conversation_id": "conv-talk", "message_id": letter}


def _answer():
    """A published answer."""
    answer = Article(slug="bent-wheels", language="en", title="Bent wheels", body="Text.", state="published")
    articles.save(answer, author=None, actor=SYSTEM, at=factories.now())
    return answer.slug


def _sampled():
    """A decided case that a lead chose for a second look."""
    reviewer, lead = factories.person(), factories.person("qa_lead")
    case = factories.claimed(reviewer)
    factories.decide(case, reviewer)
    chosen = sampling.choose(case, reason="asked", person=lead, at=factories.now())
    assert chosen is not None
    return chosen.pk


def _pause(supervisor):
    """A pause of somebody else's agent."""
    return supervisor.post("/review/pauses", {"of": "agent", "name": "other", "reason": "odd refunds"}).body["id"]


@schema.parametrize()
@BOUNDED
def test_every_operation_answers_as_described(case, known):
    """The generated call goes through ``wire``, which holds the answer against the description."""
    path = case.path.removeprefix(ROOT).format(
        **{
            name: known[name] if len(value) % 2 else quote(value, safe="")
            for name, value in case.path_parameters.items()
        }
    )
    query = f"?{urlencode(case.query, doseq=True)}" if case.query else ""
    raw = b"" if isinstance(case.body, NotSet) else case.body
    raw = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    caller = known["reviewer" if path.startswith("/review") else "agent"]
    assert caller.send(case.method, path + query, raw, headers=dict(case.headers or {})).status < 500


def bodies():
    """Every example body of the description with its address."""
    for path, methods in description.document()["paths"].items():
        for operation in methods.values():
            for title, body in examples.REQUESTS.get(operation["operationId"], {}).items():
                yield pytest.param(path, body, id=f"{operation['operationId']} {title}")


def places(value, way=()):
    """Every place in a document."""
    yield way
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in steps:
        yield from places(below, (*way, step))


def put(document, way, value):
    if not way:
        return value
    changed = copy.deepcopy(document)
    target = changed
    for step in way[:-1]:
        target = target[step]
    target[way[-1]] = value
    return changed


def sent(known, path, raw):
    caller = known["reviewer" if path.startswith(f"{ROOT}/review") else "agent"]
    address = path.removeprefix(ROOT).format(**known)
    return caller.send("POST", address, raw)


@pytest.mark.parametrize(("path", "body"), list(bodies()))
@BOUNDED
@given(data=st.data())
def test_anything_in_any_place_is_taken_or_refused(known, path, body, data):
    way = data.draw(st.sampled_from(list(places(body))))
    changed = put(body, way, data.draw(anything))
    assert sent(known, path, json.dumps(changed).encode()).status < 500


@pytest.mark.parametrize(("path", "body"), list(bodies()))
@BOUNDED
@given(data=st.data())
def test_bytes_that_are_cut_turned_or_added_are_taken_or_refused(known, path, body, data):
    raw = bytearray(json.dumps(body).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(raw)))
        raw[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    assert sent(known, path, bytes(raw)).status < 500


@BOUNDED
@given(
    query=st.dictionaries(st.sampled_from(["queue", "state", "q", "order", "cursor"]), st.text(max_size=30)),
    after=st.text(max_size=30),
)
def test_any_parameters_are_taken_or_refused(known, query, after):
    assert known["reviewer"].get(f"/review/cases?{urlencode(query)}").status < 500
    assert known["agent"].get(f"/events?{urlencode({'after': after})}").status < 500
