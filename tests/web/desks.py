"""One person at one case, and what came of what they pressed."""

import json
from typing import Any

from reviewqueue.models import Case, Decision
from tests import factories
from tests.web.pages import Page, Visitor


class Desk:
    """One person at one case."""

    def __init__(self, visitor: Visitor, case: Case) -> None:
        self.visitor, self.case = visitor, case
        self.decide = f"/cases/{case.pk}/decide"
        self.page = self.see()

    def see(self) -> Page:
        """Load the case."""
        return self.visitor.open(f"/cases/{self.case.pk}/")

    def press(self, button: str, **typed: str) -> Page:
        """Press a button of the page as it was loaded; who approves has opened what is to be opened and says why."""
        if button.startswith(("Approve", "Only the marked")):
            factories.read(self.case, self.visitor.user)
            typed = {"ground": "within_rules"} | typed
        page = self.visitor.press(self.page, button, on=self.decide, **typed)
        self.case.refresh_from_db()
        return page


def ruling(case: Case, call_id: str = "call_1") -> dict[str, Any]:
    """What was ruled about an action."""
    decision = Decision.objects.get(case=case, call_id=call_id, undone_at=None)
    final = json.loads(decision.final_action)["args"] if decision.final_action else None
    kept = (decision.type, decision.reason_code, decision.message, decision.response, decision.note)
    return dict(zip(("type", "reason", "message", "response", "note"), kept, strict=True)) | {"args": final}


def where(page: Page) -> str:
    """The address at which one ended."""
    return str(page.response.redirect_chain[-1][0])
