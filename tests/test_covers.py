"""The map from requirements to tests."""

import pytest

from tests import covers

HERE = "tests/test_covers.py"


@pytest.mark.parametrize("amount", ["350.00", "201[00]"])
def test_each_requirement_lists_a_test_without_its_parameters(request: pytest.FixtureRequest, amount: str) -> None:
    request.node.add_marker(pytest.mark.covers("R15", "R2"))
    name = f"{HERE}::test_each_requirement_lists_a_test_without_its_parameters"
    assert amount in request.node.nodeid
    assert covers.by_requirement([request.node, request.node]) == {"R15": [name], "R2": [name]}


def test_a_test_without_a_mark_shows_nothing(request: pytest.FixtureRequest) -> None:
    assert covers.by_requirement([request.node]) == {}


def test_a_requirement_that_does_not_exist_is_refused(request: pytest.FixtureRequest) -> None:
    request.node.add_marker(pytest.mark.covers("R157", "R1"))
    with pytest.raises(pytest.UsageError, match=f"^{request.node.nodeid} covers R157, which is no requirement$"):
        covers.by_requirement([request.node])


def test_the_report_goes_by_number() -> None:
    report = covers.report({"R10": ["b"], "R9": ["a", "c"]})
    assert report.startswith("R9\n    a\n    c\nR10\n    b\n\n2 of 156 shown; missing: R1 R2 R3 ")


def test_the_report_says_when_nothing_is_missing() -> None:
    report = covers.report({name: ["test"] for name in covers.REQUIREMENTS})
    assert report.endswith("R156\n    test\n\n156 of 156 shown; missing: none\n")
