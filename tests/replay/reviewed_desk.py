"""The small desk with the part of the reviewers' wire that a simulated reviewer uses."""

from typing import Any

from tests.client.small_desk import Json, Refusal, SmallDesk


class ReviewedDesk(SmallDesk):
    """`eyes` = 2 asks for a second person; `critical` for the amount to be typed."""

    def __init__(self) -> None:
        super().__init__()
        self.eyes = 1
        self.critical = False
        self.claims: dict[str, str] = {}
        self.first_eyes: dict[str, str] = {}
        self.taken: list[str] = []
        self.reviewer = ""

    def answer(self, method: str, path: str, headers: dict[str, str], body: Any) -> tuple[int, Any]:
        self.reviewer = headers["authorization"].removeprefix("Bearer ")
        return super().answer(method, path, headers, body)

    def routes(self) -> dict[str, Any]:
        case = r"/review/cases/(?P<case>[^/]+)"
        return {
            **super().routes(),
            f"POST {case}/claim": self.claim,
            f"GET {case}": self.briefing,
            f"POST {case}/decide": self.ruled,
            f"POST {case}/take_over": self.take_over,
            f"POST {case}/return": lambda case_id, _body: {"id": case_id},
        }

    def claim(self, case_id: str, _body: Json) -> Json:
        if self.first_eyes.get(case_id) == self.reviewer:
            raise Refusal(403, "forbidden", "You were the first of two people; a second one must look.")
        self.claims[case_id] = f"{self.reviewer}:{len(self.seen)}"
        return {"id": case_id}

    def briefing(self, case_id: str) -> Json:
        return {"claim": {"token": self.claims[case_id]}, "version": self.cases[case_id]["version"], "seen_digest": "d"}

    def ruled(self, case_id: str, body: Json) -> tuple[int, Json]:
        case = self.cases[case_id]
        if body["claim_token"] != self.claims[case_id]:
            raise Refusal(409, "stale-claim", "somebody else holds it")
        if body["version"] != case["version"] or body["seen_digest"] != "d":
            raise Refusal(409, "stale-version", "it changed")
        approves = any(ruling["type"] == "approve" for ruling in body["decisions"])
        if self.critical and approves and not body.get("typed_amount"):
            raise Refusal(422, "invalid-decision", "type the amount")
        if self.eyes > 1 and case_id not in self.first_eyes:
            self.first_eyes[case_id] = self.reviewer
            return 202, {"type": "/problems/second-look"}
        self.decide(case_id, *body["decisions"])
        return 200, {"effective_at": "2026-11-20T12:00:10Z"}

    def take_over(self, case_id: str, _body: Json) -> Json:
        self.taken.append(case_id)
        self.end(case_id, "taken_over")
        return {"id": case_id}
