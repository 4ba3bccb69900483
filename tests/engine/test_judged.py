"""A judged sample as a file: what it shows, and what is wrong with it, by line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from reviewqueue.engine import judged

HEAD = "stratum,population,inclusion_probability,error"


def lines(*rows: str) -> list[str]:
    return [HEAD, *rows]


def test_each_stratum_counts_as_much_as_its_cases() -> None:
    rows = ["released,9000,0.01,0"] * 90 + ["held,1000,0.1,1"] * 50 + ["held,1000,0.1,0"] * 50
    cases, faults = judged.read(lines(*rows))
    found = judged.estimate(cases)
    assert (faults, found and round(found.rate, 6)) == ([], 0.05)
    assert found is not None
    assert (found.n, found.errors, found.population, found.strata, found.few) == (190, 50, 10_000, 2, False)
    assert 0.03 < found.low < 0.05 < found.high < 0.1


def test_probabilities_that_differ_inside_a_stratum_are_weighed() -> None:
    rows = ["all,1000,0.05,0"] * 40 + ["all,1000,0.5,1"] * 50 + ["all,1000,0.5,0"] * 50
    found = judged.estimate(judged.read(lines(*rows))[0])
    assert found is not None
    assert round(found.rate, 6) == 0.1


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (["a,100,0.1,2"], "line 2: error is '2', not 0 or 1"),
        (["a,100,0.1,0", "a,100,0.1,"], "line 3: error is empty"),
        (["a,100,1.5,0"], "line 2: inclusion_probability is '1.5', not above 0 and at most 1"),
        (["a,100,0,0"], "line 2: inclusion_probability is '0', not above 0 and at most 1"),
        (["a,100,nan,0"], "line 2: inclusion_probability is 'nan', not above 0 and at most 1"),
        (["a,-3,0.1,0"], "line 2: population is '-3', not a whole number from 1"),
        (["a,many,0.1,0"], "line 2: population is 'many', not a whole number from 1"),
        ([",100,0.1,0"], "line 2: stratum is empty"),
        (["a,100,0.1,0,7"], "line 2: there are more values than columns"),
        (["a,10,0.1,0", "a,20,0.1,0"], "line 3: stratum 'a' has a population of 20 here and of 10 in line 2"),
        (["a,2,1,0"] * 3, "stratum 'a': 3 cases were judged of a population of 2"),
        (
            ["a,1000,0.5,0"] * 10,
            "stratum 'a': by their inclusion probabilities its 10 cases stand for 20 cases, but its population is 1000",
        ),
        ([], "line 2: there is no case"),
    ],
)
def test_what_does_not_fit_is_named(rows: list[str], fault: str) -> None:
    assert judged.read(lines(*rows))[1] == [fault]


def test_a_missing_column_is_named() -> None:
    assert judged.read(["stratum,population,error", "a,1,0"])[1] == [
        "line 1: the column inclusion_probability is missing"
    ]


@pytest.mark.covers("R113", "R114")
def test_the_command_prints_the_estimate_and_names_its_method(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "sample.csv"
    file.write_text("\n".join(lines(*["a,1000,0.02,0"] * 19, "a,1000,0.02,1")))
    call_command("estimate", str(file))
    told = json.loads(capsys.readouterr().out)
    assert (told["rate"], told["n"], told["population"], told["method"]) == (0.05, 20, 1000, "hypergeometric mid-p")
    assert told["interval"][0] < 0.05 < told["interval"][1]
    assert told["says"].endswith("That is few: read the interval, not the rate.")


def test_the_command_names_bad_lines_and_estimates_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sample.csv"
    file.write_text("\n".join(lines("a,10,0.5,0", "a,10,7,0")))
    with pytest.raises(CommandError, match=r"sample\.csv: line 3: inclusion_probability is '7'"):
        call_command("estimate", str(file))
    assert capsys.readouterr().out == ""
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("estimate", str(tmp_path / "nowhere.csv"))


def test_a_part_in_which_nothing_was_seen_leaves_room_for_anything_there() -> None:
    seen = [judged.Judged("seen", 2, 1.0, error=False)] * 2
    whole, half = judged.estimate(seen), judged.estimate(seen, not_seen=2)
    assert whole is not None
    assert half is not None
    assert (whole.method, whole.high) == ("census", 0)
    assert (half.population, half.not_seen, half.high) == (4, 2, 0.5)
