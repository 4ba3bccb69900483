"""The OpenAPI description and the page made from it."""

import json

import pytest
from django.test import Client
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from hitl.api import description, examples
from hitl.api.schemas import answers, proposals
from hitl.api.schemas.base import Answered, Sent
from reviewqueue.engine import canonical
from tests.api.wire import Caller

NAMES = [
    "acknowledgeDelivery",
    "answerQuestion",
    "ask",
    "claimCase",
    "claimNext",
    "closeConversation",
    "commentCase",
    "decide",
    "drawSample",
    "findArticles",
    "giveBack",
    "judge",
    "listCases",
    "listGaps",
    "listPauses",
    "listSample",
    "pause",
    "propose",
    "readArticle",
    "readBriefing",
    "readCase",
    "readConversation",
    "readEvents",
    "readInsight",
    "readSampleReport",
    "readTimeline",
    "reassignCase",
    "redeemGrant",
    "releaseCase",
    "renewClaim",
    "renewGrant",
    "reopenConversation",
    "reportOutcome",
    "resume",
    "snoozeCase",
    "stopCase",
    "takeOver",
    "tellMessages",
    "undo",
    "whatIf",
    "withdrawCase",
    "writeMessage",
]


def operations():
    return {
        operation["operationId"]: operation
        for methods in description.document()["paths"].values()
        for operation in methods.values()
    }


def content():
    """Every place that gives examples beside a schema."""
    for name, operation in operations().items():
        parts = [operation.get("requestBody", {}), *operation["responses"].values()]
        for media in [media for part in parts for media in part.get("content", {}).values() if "examples" in media]:
            for title, example in media["examples"].items():
                yield pytest.param(media["schema"], example["value"], id=f"{name} {title}")


def test_the_description_is_valid_openapi_3_1():
    document = description.document()
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()


def test_each_operation_has_a_name_of_its_own():
    assert sorted(operations()) == NAMES


def test_everybody_may_read_it():
    reply = Caller().get("/openapi.json")
    assert (reply.status, reply.kind, reply.body) == (
        200,
        "application/json",
        json.loads(json.dumps(description.document())),
    )


@pytest.mark.parametrize(("schema", "example"), list(content()))
def test_examples_fit_their_schemas(schema, example):
    whole = {**schema, "components": description.document()["components"]}
    assert [fault.message for fault in Draft202012Validator(whole).iter_errors(example)] == []


# Reports whose parts are told on pages of their own.
REPORTS = {"judge", "listSample", "drawSample", "listGaps", "readInsight", "whatIf"}


def test_every_body_has_an_example():
    asked = {name: operation["requestBody"] for name, operation in operations().items() if "requestBody" in operation}
    empty = "#/components/schemas/Empty"
    media = {name: body["content"]["application/json"] for name, body in asked.items()}
    assert [n for n, each in media.items() if each["schema"].get("$ref") != empty and "examples" not in each] == []
    answers = {name: next(iter(operation["responses"].values())) for name, operation in operations().items()}
    assert {n for n, each in answers.items() if "examples" not in each["content"]["application/json"]} == REPORTS


def test_the_examples_are_what_the_desk_itself_takes_and_answers():
    proposals.Proposal.model_validate(examples.PROPOSAL)
    proposals.Proposal.model_validate(examples.SMALLEST)
    assert canonical.digest(examples.DECISION["final_action"]) == examples.DECISION["grant"]["digest"]
    for case in (examples.PENDING, examples.DECIDED):
        assert answers.Case.model_validate(case).id == case["id"]


def test_each_operation_says_who_may_call_it():
    security = {name: operation["security"] for name, operation in operations().items()}
    people = {name for name, needed in security.items() if needed == [{"PersonalToken": []}]}
    agents = {name for name, needed in security.items() if needed == [{"AgentKey": []}]}
    assert len(people) + len(agents) == len(NAMES)
    assert agents == {
        "propose",
        "readCase",
        "withdrawCase",
        "answerQuestion",
        "readEvents",
        "redeemGrant",
        "renewGrant",
        "reportOutcome",
        "tellMessages",
        "readConversation",
        "acknowledgeDelivery",
        "closeConversation",
        "reopenConversation",
        "findArticles",
        "readArticle",
    }
    schemes = description.document()["components"]["securitySchemes"]
    assert schemes == {name: {"type": "http", "scheme": "bearer"} for name in ("AgentKey", "PersonalToken")}


def test_bodies_admit_no_unknown_field():
    schemas = description.document()["components"]["schemas"]
    asked = [operation["requestBody"] for operation in operations().values() if "requestBody" in operation]
    named = {body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2] for body in asked}
    assert {name: schemas[name]["additionalProperties"] for name in named} == dict.fromkeys(named, False)


def test_no_two_schemas_share_a_name():
    def named(root):
        return [name for model in root.__subclasses__() for name in (model.__name__, *named(model))]

    names = named(Sent) + named(Answered)
    assert sorted(names) == sorted(set(names))


def test_every_post_takes_an_idempotency_key():
    posts = [m["post"] for m in description.document()["paths"].values() if "post" in m]
    assert [o["operationId"] for o in posts if o["parameters"][-1]["name"] != "Idempotency-Key"] == []


@pytest.mark.sqlite_only  # production collects the page's style sheet first
def test_the_page_shows_each_operation_and_asks_nobody_for_anything():
    answer = Client().get("/api/v1/docs")
    page = answer.content.decode()
    assert [name for name in NAMES if f'id="{name}"' not in page] == []
    assert [word for word in ("<script", "style=", "http://", "//cdn") if word in page] == []
    assert "script-src" in answer.headers["Content-Security-Policy"]
    assert Client().post("/api/v1/docs").status_code == 405
