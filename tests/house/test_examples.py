"""What the documentation shows can be done as it stands there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from benchmarks.desk import Desk
from hitl.api.schemas.base import Answered, Sent
from hitl.api.schemas.proposals import Proposal
from reviewqueue.engine import catalogue, grammar, policy, starting
from tests.house import pages, session, tables
from tests.house.pages import Fence, code

INTEGRATE, POLICY = "docs/integrate.md", "docs/policy.md"


def marked(word: str) -> list[Any]:
    found = [(page.name, fence) for page in pages.pages() for fence in page.fences if word in fence.words]
    return [pytest.param(fence, id=f"{name}:{fence.line}") for name, fence in found]


def schema_of(operation: str, document: dict[str, Any]) -> dict[str, Any]:
    calls = [call for methods in document["paths"].values() for call in methods.values()]
    body = next(call for call in calls if call["operationId"] == operation)["requestBody"]
    return {**body["content"]["application/json"]["schema"], "components": document["components"]}


def fields(schema: dict[str, Any], definitions: dict[str, Any], above: str = "") -> set[str]:
    """Every field of a schema by its path; of a part that has fields of its own only those, unless it is a list."""
    found = set()
    for name, part in schema["properties"].items():
        inner, listed = object_in(part, definitions)
        path = f"{above}{name}"
        if inner is None or listed or name in {"value", "lifetime_value"}:
            found.add(path)
        if inner is not None:
            found |= fields(inner, definitions, f"{path}[]." if listed else f"{path}.")
    return found


def object_in(part: dict[str, Any], definitions: dict[str, Any]) -> tuple[dict[str, Any] | None, bool]:
    options = part.get("anyOf", [part])
    for option in options:
        listed = option.get("type") == "array"
        reference = (option["items"] if listed else option).get("$ref")
        if reference:
            return definitions[reference.rpartition("/")[2]], listed
    return None, False


@pytest.mark.timeout(600)  # some pages start a dozen programs, one after the other
@pytest.mark.parametrize("name", sorted({param.id.partition(":")[0] for param in marked("run")}))
def test_the_commands_of_a_page_do_what_it_says(name: str, desk: Desk, checkout: Path) -> None:
    steps = session.run(pages.page(name), {**desk.environment, "DESK": desk.url}, checkout)
    assert [(step.place, step.printed) for step in steps if not step.holds] == []


@pytest.mark.parametrize("fence", marked("request"))
def test_a_request_on_a_page_fits_the_description_of_the_api(fence: Fence, client: Client) -> None:
    operation = fence.words[fence.words.index("request") + 1]
    schema = schema_of(operation, client.get("/api/v1/openapi.json").json())
    faults = Draft202012Validator(schema).iter_errors(json.loads(fence.text))
    assert [fault.message for fault in faults] == []


@pytest.mark.parametrize("fence", marked("policy"))
def test_a_policy_on_a_page_has_no_faults(fence: Fence) -> None:
    assert policy.parse(yaml.safe_load(fence.text)).name != ""


def test_every_field_of_a_proposal_is_explained_and_nothing_else() -> None:
    schema = Proposal.model_json_schema()
    cells = [row[0] for row in pages.page(INTEGRATE).rows("field")]
    told = {code(name) for cell in cells for name in cell.split(", ")}
    assert told == fields(schema, schema["$defs"])


def test_every_fact_is_explained_with_its_kind_and_its_default() -> None:
    told = [(code(name), kind, unknown) for name, kind, unknown, _ in pages.page(POLICY).rows("fact")]
    there = [(fact.name, fact.kind.value, "fire" if fact.fires else "pass") for fact in catalogue.FACTS.values()]
    assert told == there


def test_every_operator_is_explained() -> None:
    told = {code(name) for row in pages.page(POLICY).rows("operator") for name in row[0].split(", ")}
    assert told == {*grammar._FITS, "cel"}  # noqa: SLF001 - the grammar's own list of operators


@pytest.mark.parametrize(("header", "there"), [("mode", policy.MODES), ("outcome", policy.OUTCOMES)])
def test_every_mode_and_outcome_is_explained(header: str, there: tuple[str, ...]) -> None:
    assert tuple(code(row[0]) for row in pages.page(POLICY).rows(header)) == there


def test_the_tables_of_the_starting_policy_are_made_from_it() -> None:
    assert tables.standing(pages.page(POLICY).text) == tables.made(), "python -m tests.house.tables makes them anew"


def test_the_skills_of_the_starting_policy_are_named() -> None:
    asked = {skill for rule in starting.starting_policy()["triggers"] for skill in rule.get("skills", ())}
    lines = pages.page(POLICY).text.splitlines()
    sentence = next(line for line in lines if line.startswith("Its cases ask for the skills")).partition(".")[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == asked


def test_every_part_of_the_wire_has_a_name_of_its_own() -> None:
    # Two of one name would become one in the description, and one of them would be described wrongly.
    parts = [part.__name__ for root in (Sent, Answered) for part in below(root)]
    assert [name for name in parts if parts.count(name) > 1] == []


def below(root: type[BaseModel]) -> list[type[BaseModel]]:
    return [found for part in root.__subclasses__() for found in (part, *below(part))]
