"""What a QA lead's week leads to: a dispute that a third settles, a known case, and a gap from its first case on."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import expect

from tests import services
from tests.journeys.conftest import Desk, Seat, Sit, refund
from tests.runtime import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def judges(desk: Desk) -> None:
    """Two more who lead quality."""
    for name in ("rhea", "tess"):
        desk.manage("make_user", name, "--role", "qa_lead")


@pytest.fixture
def wire(desk: Desk) -> Iterator[httpx.Client]:
    """A reviewer's own program."""
    secret = desk.manage("user_token", "ana")["token"]
    with processes.agent(desk.url, secret) as client:
        yield client


def chosen(quinn: Seat, name: str, *, known: str = "") -> str:
    """A case that is over, put before those who judge; answers with its number."""
    case = quinn.desk.propose(name)
    quinn.desk.withdraw(case)
    page = quinn.open("/qa/plan/")
    page.get_by_label("Number of the case").fill(case["id"])
    if known:
        page.get_by_label(known).check()
        page.get_by_role("textbox", name="How it is known").fill("The bank took the money back.")
    page.get_by_role("button", name="Choose it").click()
    expect(page.locator(".toasts")).not_to_be_empty()
    return str(case["id"])


def judge(seat: Seat, name: str, key: str, *, note: str = "") -> Page:
    """Find it in the list, and say by one key what it was."""
    page = seat.open("/qa/")
    page.get_by_role("link", name=name).click()
    expect(page.get_by_text("Did a person have to see this?")).to_be_visible()
    if note:
        page.get_by_role("textbox", name="Note").fill(note)
        page.get_by_role("heading", name="If something was wrong").click()
    seat.pressed(key)
    expect(page.locator(".toasts")).to_contain_text("Recorded.")
    return page


@pytest.mark.covers("R93", "R118")
@pytest.mark.usefixtures("judges")
def test_what_two_see_differently_a_third_settles(sit: Sit) -> None:
    quinn, rhea, tess = (sit(name) for name in ("quinn", "rhea", "tess"))
    case = chosen(quinn, "Dispute D.")
    quinn.desk.tell("UPDATE reviewqueue_sampled SET double = 1 WHERE case_id = ?", case)
    judge(quinn, "Dispute D.", "e", note="The date is wrong.")
    judge(rhea, "Dispute D.", "a")
    row = tess.open("/qa/").get_by_role("row", name=re.compile("Dispute D."))
    expect(row).to_contain_text("two people disagree")
    row.get_by_role("link").first.click()
    expect(tess.page.get_by_role("heading", name="Two verdicts that differ")).to_be_visible()
    expect(tess.page.get_by_text("The date is wrong.")).to_be_visible()
    tess.page.get_by_role("textbox", name="Note").fill("It is: the parcel came on time.")
    tess.page.get_by_role("button", name=re.compile("^Error")).click()
    expect(tess.page.locator(".toasts")).to_contain_text("Recorded.")
    expect(tess.open("/qa/").get_by_role("link", name="Dispute D.")).to_have_count(0)


@pytest.mark.covers("R94", "R118")
@pytest.mark.usefixtures("judges")
def test_a_case_whose_truth_is_known_tells_how_well_somebody_sees(sit: Sit) -> None:
    quinn, rhea = sit("quinn"), sit("rhea")
    chosen(quinn, "Known K.", known="known to be wrong")
    judge(rhea, "Known K.", "e", note="Paid twice.")
    row = quinn.open("/qa/results/").get_by_role("row", name=re.compile("^rhea"))
    expect(row).to_contain_text("1/1")
    expect(row).to_contain_text("not shown")  # one case says little
    expect(quinn.open("/qa/").get_by_role("link", name="Known K.")).to_have_count(0)


@pytest.mark.covers("R95", "R96", "R97", "R128")
def test_a_gap_is_found_owned_mended_verified_and_taken_along(sit: Sit, desk: Desk, wire: httpx.Client) -> None:
    hour = datetime.now(UTC) - timedelta(hours=1)
    wrong = {"type": "reject", "reason_code": "missing_information", "message": "Two years.", "knowledge_gap": GAP}
    _decided(desk, wire, hour - timedelta(minutes=1), **wrong)
    quinn = sit("quinn")
    _look(quinn, lambda page: page.get_by_role("link", name=GAP).count() == 1)
    page = quinn.page
    page.get_by_role("link", name=GAP).click()
    page.get_by_role("combobox", name="Owner").select_option(label="quinn")
    page.get_by_role("combobox", name="What has to change").select_option("source")
    page.get_by_role("button", name="Assign").click()
    expect(page.locator(".toasts")).not_to_be_empty()
    page.get_by_role("textbox", name="Answer", exact=True).fill("Batteries are covered for two years.")
    page.get_by_role("button", name="Keep as a draft").click()
    expect(page.get_by_text("A draft was made:")).to_be_visible()
    page.get_by_label("The change in a few words").fill("The warranty article names batteries.")
    page.get_by_role("button", name="It is changed: watch the rate").click()
    expect(page.get_by_text("Nothing to compare yet.")).to_be_visible()
    address = page.url
    desk.tell("UPDATE reviewqueue_gap SET changed_at = ? WHERE id = ?", _sql(hour), address.rstrip("/").split("/")[-1])
    _decided(desk, wire, hour + timedelta(minutes=1), type="approve")
    _look(quinn, lambda page: page.get_by_role("link", name=GAP).count() == 0)
    page.goto(address)
    expect(page.get_by_text("surely fell")).to_be_visible()
    expect(page.locator(".head")).to_contain_text("verified")
    page = quinn.open("/gaps/report/")
    files = {}
    for button in ("Markdown", "CSV", "JSON"):
        with page.expect_download() as taken:
            page.get_by_role("button", name=re.compile(button)).click()
        name = taken.value.suggested_filename
        files[name.rpartition(".")[2]] = taken.value.path().read_text()
    assert set(files) == {"md", "csv", "jsonl"}
    assert (GAP in files["csv"], "battery-journey" in files["jsonl"]) == (True, True)


GAP = "Batteries are covered for two years"


def _decided(desk: Desk, wire: httpx.Client, at: datetime, **ruling: Any) -> None:
    """Two cases of an intent of their own, come and decided at this moment."""
    for _case in range(2):
        action = refund("5.00", reversible=True)
        case = desk.propose("Battery B.", intent="battery-journey", actions=[action])["id"]
        wire.post(f"/review/cases/{case}/claim").raise_for_status()
        whole = wire.get(f"/review/cases/{case}").raise_for_status().json()
        seen = {name: whole[name] for name in ("version", "seen_digest")} | {"claim_token": whole["claim"]["token"]}
        said = {"decisions": [{"call_id": "call_1", **ruling}]}
        wire.post(f"/review/cases/{case}/decide", json=seen | said).raise_for_status()
        desk.hurry(case)
        desk.tell("UPDATE reviewqueue_case SET created_at = ? WHERE id = ?", _sql(at), case)


def _look(quinn: Seat, found: Callable[[Page], bool]) -> None:
    """The desk looks beside the page, in a process of its own."""
    quinn.open("/gaps/").get_by_role("button", name="Look now").click()
    services.until(lambda: found(quinn.open("/gaps/")), what="the desk has looked")


def _sql(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")
