"""Two people, a customer and an agent: a conversation changes hands, is written in, and goes back."""

import pytest
from playwright.sync_api import expect

from tests import services
from tests.journeys.conftest import Desk, Sit
from tests.journeys.test_everybody import in_every_look


def tell(desk: Desk, talk: str, text: str, **more: object) -> dict[str, object]:
    body = {"messages": [{"role": "customer", "text": text}], **more}
    return dict(desk.agent.post(f"/conversations/{talk}/messages", json=body).raise_for_status().json())


@pytest.mark.covers("R42", "R48", "R62", "R108")
def test_a_supervisor_takes_over_writes_and_hands_back(sit: Sit, desk: Desk) -> None:
    talk = {"id": "talk-journey", "messages": [{"seq": 1, "role": "customer", "text": "Where is order A-1?"}]}
    case = desk.propose("Tove T.", conversation=talk)
    ana, sue = sit("ana"), sit("sue")
    ana.case(case).get_by_role("button", name="Claim").click()
    expect(ana.page.locator("#lease")).to_contain_text("yours for")
    page = sue.case(case)
    sue.keys("t")
    page.locator("#take-over").get_by_label("Note").fill("I know her")
    page.keyboard.press("Control+Enter")
    field = page.get_by_label("Message to the customer")
    expect(field).to_be_focused()
    page.wait_for_load_state()
    expect(ana.page.locator("#news")).to_contain_text("took over from the agent")

    field.fill("What is your order number?")
    expect(page.locator("#again")).to_contain_text("A-1")
    assert in_every_look(page) == []
    field.fill("Hello Tove, your parcel leaves today.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#messages")).to_contain_text("on its way")
    (message,) = desk.agent.get("/conversations/talk-journey").json()["outbox"]
    desk.agent.post(f"/conversations/talk-journey/outbox/{message['id']}/delivered").raise_for_status()
    expect(page.locator("#messages .chip.ok")).to_have_text("delivered")

    page.get_by_label("Message to the customer").fill("Half a sen")
    assert tell(desk, "talk-journey", "Wonderful, thank you!", draft="Anything else?")["control"] == "human"
    expect(page.locator("#messages")).to_contain_text("Wonderful, thank you!")
    expect(page.locator("#offer")).to_contain_text("Anything else?")
    expect(page.get_by_label("Message to the customer")).to_have_value("Half a sen")

    page.get_by_role("button", name="Give back to the agent").click()
    page.get_by_label("What the agent should know").fill("Parcel leaves today.")
    page.locator("#give-back").get_by_label("Why the agent needed you").select_option("no_fault")
    page.locator("#give-back").get_by_role("button", name="Give back").click()
    services.until(
        lambda: desk.agent.get("/conversations/talk-journey").json()["control"] == "agent", what="the agent speaks"
    )
    assert desk.agent.get("/conversations/talk-journey").json()["note"]["text"] == "Parcel leaves today."
