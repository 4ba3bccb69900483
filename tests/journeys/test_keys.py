"""The keyboard: the palette, snooze and comment, keys of one's own, and the next case by itself."""

from playwright.sync_api import Route, expect

from tests.journeys.conftest import Desk, Sit, sign_in


def test_the_palette_finds_a_case_and_runs_a_verb(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Paula Palette")
    ana = sit("ana")
    page = ana.open("/")
    ana.keys("Control+k")
    box = page.get_by_role("combobox")
    expect(box).to_be_focused()
    options = page.get_by_role("option")
    expect(options.first).to_have_text("Next best caseG")
    box.fill("reviewer")
    expect(options.first).to_have_text("ana · Reviewer")
    box.fill("Paula")
    expect(page.get_by_role("option", name="Paula Palette")).to_be_visible()
    ana.keys("ArrowUp", "Enter")
    expect(page).to_have_url(f"{desk.url}/cases/{case['id']}/")
    ana.keys("Control+k")
    page.get_by_role("combobox").fill("claim")
    ana.keys("Enter")
    expect(page.locator("#lease")).to_contain_text("yours for")


def test_the_palette_only_arms_what_cannot_be_undone(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Arno Armed")
    ana = sit("ana")
    page = ana.case(case)
    page.get_by_role("button", name="Claim").click()
    expect(page.locator("#lease")).to_contain_text("yours for")
    ana.keys("Control+k")
    expect(page.get_by_role("option").first).to_have_text("ApproveA")
    page.get_by_role("combobox").fill("back to the queue")
    expect(page.get_by_role("option").first).to_have_text("Back to the queue")
    page.get_by_role("combobox").fill("reject")
    ana.keys("Enter")
    expect(page.locator("#armed")).to_have_text("Press Enter to confirm.")
    assert desk.case(case)["decisions"] == []


def test_escape_closes_the_palette(sit: Sit) -> None:
    ana = sit("ana")
    page = ana.open("/")
    ana.keys("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    ana.keys("Escape")
    expect(page.locator("#palette")).to_be_hidden()


def test_comment_and_snooze_by_key(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Sally Snooze")
    ana = sit("ana")
    page = ana.case(case)
    page.get_by_role("button", name="Claim").click()
    expect(page.locator("#lease")).to_contain_text("yours for")
    ana.keys("c")
    expect(page.get_by_label("Remark")).to_be_focused()
    page.keyboard.type("Not a word about it to the agent.")
    ana.keys("Control+Enter")
    expect(page.locator("article.note")).to_contain_text("Not a word about it to the agent.")
    ana.keys("s")
    expect(page.get_by_label("For how long")).to_be_focused()
    ana.keys("Control+Enter")
    expect(page.locator(".toasts")).to_contain_text("Put aside.")
    expect(page.locator(f"#row-{case['id']}")).to_have_count(0)


def test_keys_of_ones_own_and_none_at_all(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Kay Keys")
    ben = sit("ben")
    page = ben.open("/habits/")
    page.get_by_label("comment", exact=True).fill("q")
    page.get_by_role("button", name="Save").click()
    page = ben.case(case)
    expect(page.get_by_role("button", name="Comment").locator("kbd")).to_have_text("Q")
    ben.keys("c")
    expect(page.locator("#comment")).to_be_hidden()
    ben.keys("q")
    expect(page.locator("#comment")).to_be_visible()
    page = ben.open("/habits/")
    page.get_by_label("Single keys do something").uncheck()
    page.get_by_label("comment", exact=True).fill("c")
    page.get_by_role("button", name="Save").click()
    page = ben.case(case)
    ben.keys("c")
    expect(page.locator("#comment")).to_be_hidden()
    expect(page.get_by_role("button", name="Comment").locator("kbd")).to_be_hidden()
    ben.open("/habits/").get_by_label("Single keys do something").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toasts")).to_contain_text("Saved.")


def test_the_next_case_comes_by_itself_and_undo_goes_with_it(sit: Sit, desk: Desk) -> None:
    first, second = (desk.propose(name, intent="after") for name in ("Olga One", "Tom Two"))
    nils = sit()
    sign_in(nils.page, desk.url, "nils")
    nils.open("/habits/").get_by_label("After a decision").check()
    nils.page.get_by_role("button", name="Save").click()
    page = nils.case(first)
    nils.keys("Enter")
    expect(page.locator("#lease")).to_contain_text("yours for")
    nils.read()
    nils.keys("a", "Enter")
    expect(page).to_have_url(f"{desk.url}/cases/{second['id']}/")
    expect(page.locator("#lease")).to_contain_text("yours for")
    nils.keys("Control+k")
    page.get_by_role("combobox").fill("undo")
    expect(page.get_by_role("option").first).to_contain_text("Undo")


def test_who_decides_before_the_next_case_has_come_sees_it_as_soon_as_it_has(sit: Sit, desk: Desk) -> None:
    first, _second = (desk.propose(name, intent="early") for name in ("Ella Early", "Nora Next"))
    erna, looks = sit(), list[Route]()
    sign_in(erna.page, desk.url, "erna")
    page = erna.case(first)
    page.route("**/queue/ahead", lambda route: looks.append(route))  # noqa: PLW0108 - a method of the list has no room for what is kept on handlers
    with page.expect_request("**/queue/ahead"):
        erna.claim()
    # As long as the desk takes to record it.
    page.evaluate("addEventListener('submit', (event) => event.preventDefault())")
    erna.read()
    erna.keys("a", "Enter")
    ahead = page.locator("main[data-ahead]")
    assert ahead.count() == 0
    looks[0].continue_()
    expect(ahead).to_contain_text("Nora Next")
    # It can be looked at and nothing else, and nothing was decided yet.
    assert (ahead.evaluate("main => main.inert"), desk.case(first)["decisions"]) == (True, [])
