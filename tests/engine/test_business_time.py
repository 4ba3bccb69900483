"""Working time: exact over nights, weekends, holidays, time zones, and the two nights in which clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewqueue.engine import opening_times
from reviewqueue.engine.business_time import ALWAYS, DAY, Hours, add, add_each, between, closes_at, is_open, opens_at

OFFICE = (((540, 1080),),) * 5 + ((), ())
BERLIN = Hours("Europe/Berlin", OFFICE)
NIGHT = Hours("Europe/Berlin", (((0, 360), (1320, DAY)),) * 7)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_half_an_hour_from_ten_to_six_on_friday_is_twenty_past_nine_on_monday() -> None:
    assert add(at("2026-11-27 17:50"), 30 * MINUTE, BERLIN) == at("2026-11-30 09:20")


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-27 10:00", 60, "2026-11-27 11:00"),
        ("2026-11-27 17:00", 60, "2026-11-27 18:00"),
        ("2026-11-27 17:00", 61, "2026-11-30 09:01"),
        ("2026-11-28 12:00", 1, "2026-11-30 09:01"),
        ("2026-11-27 03:00", 0, "2026-11-27 09:00"),
        ("2026-11-28 12:00", 0, "2026-11-30 09:00"),
        ("2026-11-27 09:00", 9 * 60 * 5, "2026-12-03 18:00"),
    ],
)
def test_time_counts_only_while_somebody_is_there(start: str, minutes: int, end: str) -> None:
    assert add(at(start), minutes * MINUTE, BERLIN) == at(end)


def test_a_night_shift_loses_an_hour_in_spring_and_gains_one_in_autumn() -> None:
    assert between(at("2026-03-28 22:00"), at("2026-03-29 06:00"), NIGHT) == 7 * HOUR
    assert between(at("2026-10-24 22:00"), at("2026-10-25 06:00"), NIGHT) == 9 * HOUR
    assert add(at("2026-03-28 22:00"), 7 * HOUR, NIGHT) == at("2026-03-29 06:00")
    assert add(at("2026-10-24 22:00"), 9 * HOUR, NIGHT) == at("2026-10-25 06:00")


@pytest.mark.parametrize(
    ("day", "opening", "minutes"),
    [
        # 02:00 to 03:00 does not exist: it ends when the clock jumps, and begins then.
        (date(2026, 3, 29), "02:00-02:30", 0),
        (date(2026, 3, 29), "01:30-02:30", 30),
        (date(2026, 3, 29), "02:30-03:30", 30),
        # 02:00 to 03:00 comes twice: from the first opening to the second closing.
        (date(2026, 10, 25), "02:00-03:00", 120),
        (date(2026, 10, 25), "01:30-02:30", 120),
        (date(2026, 10, 25), "02:30-03:30", 120),
    ],
)
def test_opening_times_inside_the_hour_that_is_left_out_or_comes_twice(day: date, opening: str, minutes: int) -> None:
    hours = Hours("Europe/Berlin", ((),) * 7, {day: opening_times.spans(opening)})
    assert between(at("2026-01-01 00:00"), at("2026-12-31 00:00"), hours) == minutes * MINUTE


@pytest.mark.parametrize("hours", [ALWAYS, NIGHT])
def test_a_local_time_is_the_moment_that_it_names(hours: Hours) -> None:
    evening, morning = at("2026-03-28 22:00"), at("2026-03-29 06:00")
    here = ZoneInfo("Europe/Berlin")
    assert add(evening.astimezone(here), 7 * HOUR, hours) == morning
    assert between(evening.astimezone(here), morning.astimezone(here), hours) == 7 * HOUR


def test_without_a_calendar_time_simply_passes() -> None:
    start = at("2026-03-29 00:30")
    assert add(start, 25 * HOUR, ALWAYS) == start + 25 * HOUR
    assert between(start, start + HOUR, ALWAYS) == HOUR
    assert (closes_at(start, ALWAYS), opens_at(start, ALWAYS), is_open(start, ALWAYS)) == (None, start, True)


def test_nobody_is_there_on_public_holidays_of_the_region() -> None:
    bavaria, hamburg = (Hours("Europe/Berlin", OFFICE, {}, "DE", region) for region in ("BY", "HH"))
    epiphany = at("2026-01-06 10:00")
    assert (is_open(epiphany, bavaria), is_open(epiphany, hamburg)) == (False, True)
    assert add(at("2026-12-24 17:00"), 2 * HOUR, bavaria) == at("2026-12-28 10:00")


def test_a_day_of_ones_own_goes_before_week_and_holiday() -> None:
    days = opening_times.dates("2026-12-25 10:00-12:00 # emergency desk\n2026-12-28 # moving house\n\n")
    hours = Hours("Europe/Berlin", OFFICE, days, "DE")
    assert add(at("2026-12-24 18:00"), 3 * HOUR, hours) == at("2026-12-29 10:00")


def test_the_same_moment_is_late_here_and_early_there() -> None:
    moment = at("2026-11-27 12:00")
    new_york, sydney = (Hours(zone, OFFICE) for zone in ("America/New_York", "Australia/Sydney"))
    assert [is_open(moment, each) for each in (BERLIN, new_york, sydney)] == [True, False, False]
    assert add(moment, HOUR, new_york) == at("2026-11-27 10:00", "America/New_York")
    assert add(moment, HOUR, sydney) == at("2026-11-30 10:00", "Australia/Sydney")


def test_it_closes_at_the_end_of_the_opening_that_runs_or_comes_next() -> None:
    assert closes_at(at("2026-11-27 12:00"), BERLIN) == at("2026-11-27 18:00")
    assert closes_at(at("2026-11-28 12:00"), BERLIN) == at("2026-11-30 18:00")
    # Until midnight and from midnight on is one opening.
    assert closes_at(at("2026-11-27 23:00"), NIGHT) == at("2026-11-28 06:00")


def test_who_never_opens_again_is_taken_for_open_so_that_a_deadline_comes() -> None:
    never = Hours("UTC", ((),) * 7, {date(2020, 1, 1): ((0, 60),)})
    start = at("2026-11-27 12:00")
    assert (add(start, HOUR, never), opens_at(start, never)) == (start + HOUR, start)


@pytest.mark.parametrize("text", ["9-17", "09:00", "17:00-09:00", "09:00-24:01", "09:60-10:00", "25:00-26:00", "x"])
def test_what_is_no_opening_time_is_refused(text: str) -> None:
    with pytest.raises(opening_times.UnreadableError):
        opening_times.spans(text)


@pytest.mark.parametrize("text", ["2026-02-30", "24.12.2026", "2026-12-24 closed", "monday 09:00-10:00"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(opening_times.UnreadableError):
        opening_times.dates(text)


def test_opening_times_are_read_in_any_order_and_joined() -> None:
    assert opening_times.spans(" 13:00-17:30,9:00 – 12:00, 11:00-13:00 ") == ((540, 1050),)
    assert opening_times.spans("") == ()


# Edges that no change of clocks touches, so that a plain walk through the minutes is a fair judge.
edges = st.integers(8, 48).map(lambda half_hours: half_hours * 30)
spans = (
    st.lists(edges, min_size=2, max_size=4, unique=True)
    .map(sorted)
    .map(lambda e: tuple(zip(e[::2], e[1::2], strict=False)))
)
weeks = st.tuples(*[st.one_of(st.just(()), spans)] * 7).filter(any)
calendars = st.builds(
    Hours,
    zone=st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Chatham", "UTC"]
    ),
    week=weeks,
    country=st.sampled_from(["", "DE"]),
)
changes = [datetime(2026, *day, tzinfo=UTC) for day in ((3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1), (12, 24))]
moments = st.builds(
    lambda day, minutes: day + timedelta(minutes=minutes), st.sampled_from(changes), st.integers(-2000, 3000)
)
durations = st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(hours=60))


def walked(start: datetime, minutes: int, hours: Hours) -> datetime:
    """Minute by minute, by the wall clock."""
    moment = start
    while minutes:
        minutes -= shown_open(moment, hours)
        moment += MINUTE
    return moment


def shown_open(moment: datetime, hours: Hours) -> bool:
    wall = moment.astimezone(ZoneInfo(hours.zone))
    minute = wall.hour * 60 + wall.minute
    return any(opens <= minute < closes for opens, closes in hours.spans(wall.date()))


@settings(deadline=None, max_examples=60)
@given(start=moments, minutes=st.integers(1, 300), hours=calendars)
def test_it_agrees_with_a_walk_through_the_minutes(start: datetime, minutes: int, hours: Hours) -> None:
    end = add(start, minutes * MINUTE, hours)
    assert end == walked(start, minutes, hours)
    assert is_open(start, hours) == shown_open(start, hours)


@settings(deadline=None)
@given(start=moments, working=durations, hours=calendars)
def test_what_was_added_has_passed_to_the_microsecond(start: datetime, working: timedelta, hours: Hours) -> None:
    assert between(start, add(start, working, hours), hours) == working


@settings(deadline=None)
@given(start=moments, one=durations, other=durations, hours=calendars)
def test_two_waits_one_after_the_other_are_one(start: datetime, one: timedelta, other: timedelta, hours: Hours) -> None:
    assert add(add(start, one, hours), other, hours) == add(start, one + other, hours)
    assert add_each(start, [one + other, one], hours) == [add(start, one + other, hours), add(start, one, hours)]
    assert (add(start, one, hours) <= add(start, other, hours)) == (one <= other)
