"""Control charts: what chance alone makes of what is usual raises no alarm."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewqueue.engine import charts
from reviewqueue.engine.charts import Count

pytestmark = pytest.mark.covers("R98", "R135")


def test_a_share_lies_so_many_standard_deviations_from_what_is_usual() -> None:
    usual = Count(998, 499.0)
    assert charts.of_share(Count(100, 50.0), usual) == 0
    assert charts.of_share(Count(100, 65.0), usual) == pytest.approx(3.0)
    assert charts.of_share(Count(100, 35.0), usual) == pytest.approx(-3.0)


def test_a_mean_lies_so_many_standard_errors_from_what_is_usual() -> None:
    usual = Count(1000, 0.0, squares=999 * 0.25)
    assert charts.of_mean(Count(100, 15.0), usual) == pytest.approx(3.0)
    assert charts.of_mean(Count(25, -5.0), usual) == pytest.approx(-2.0)


def test_what_never_happened_before_is_rare_and_not_impossible() -> None:
    far = charts.of_share(Count(20, 1.0), Count(1000, 0.0))
    assert far is not None
    assert 3 < far < 10


@pytest.mark.parametrize(
    ("now", "usual"),
    [(Count(0, 0.0), Count(1000, 5.0)), (Count(100, 5.0), Count(499, 5.0)), (Count(100, 5.0), charts.NOTHING)],
)
def test_too_little_says_nothing(now: Count, usual: Count) -> None:
    assert (charts.of_share(now, usual), charts.of_mean(now, usual)) == (None, None)


def test_values_that_never_differ_say_nothing() -> None:
    assert charts.of_mean(Count(20, 20.0, 20.0), Count(200, 200.0, 200.0)) is None


@given(st.integers(1, 500), st.data())
def test_more_is_never_less_unusual(count: int, data: st.DataObject) -> None:
    known = data.draw(st.integers(5 * count, 10_000))
    usual = Count(known, float(data.draw(st.integers(0, known))))
    found = [charts.of_share(Count(count, float(total)), usual) for total in range(count + 1)]
    assert found == sorted(found, key=lambda far: far or 0)


def test_chance_alone_is_rarely_beyond_three_standard_deviations() -> None:
    dice = random.Random(4)
    far = []
    for _each in range(2000):
        usual = Count(2000, float(sum(dice.random() < 0.3 for _n in range(2000))))
        far.append(charts.of_share(Count(60, float(sum(dice.random() < 0.3 for _n in range(60)))), usual))
    beyond = sum(each is not None and abs(each) > 3 for each in far)
    assert beyond / len(far) < 0.01
