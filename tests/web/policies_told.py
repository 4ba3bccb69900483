"""Policies that differ, policies that look wrong, and rules: together they have every kind of sentence there is."""

from datetime import date
from typing import Any

from reviewqueue.engine.surroundings import Gap, Seen, Surroundings
from tests.engine import given

REST = {"match": {}, "mode": "in_the_loop"}
MONEY = {"fact": "action.value", "over": "200.00"}
WORDS = {"fact": "text.customer", "matches_any": ["sue", "lawyer"]}
TOPICS = {"fact": "signals.topics", "has_any": ["legal", "tax"]}
MOOD = {"fact": "conversation.sentiment", "under": -0.6, "for_last": 2}
REFUND = given.rule(MONEY, name="refund-over-limit", skills=["billing"], queue="billing")
SCOPE = {
    "agent": ["shop-bot"],
    "owner": "pia",
    "review_by": "2027-01-31",
    "authorised": ["faq"],
    "always_human": ["legal"],
    "by_confidence": [{"intent": ["refund"], "at_least": 0.8}],
}
BUDGET = {"name": "refunds", "match": {"action": ["refund*"]}, "per": ["customer"], "within": "day", "sum": "300.00"}
WAIT = {"name": "chats", "match": {"channel": ["chat"]}, "seconds": 900, "then": "callback"}
RISK = {"match": {"action": ["x"]}, "level": "high"}
COSTS = {"outcome": "review", "queue": "billing"}
FREE = {"match": {"intent": "faq"}, "mode": "on_the_loop", "veto_seconds": 60}


def _doc(**changes: Any) -> dict[str, Any]:
    return given.document(*changes.pop("triggers", [REFUND]), **({"oversight": [REST]} | changes))


def _rules(**changes: Any) -> dict[str, Any]:
    return _doc(triggers=[{key: value for key, value in (REFUND | changes).items() if value is not None}])


# What was, and what is.
CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (_doc(), _rules(when=MONEY | {"over": "1150.00"})),
    (_doc(), _rules(when=MONEY | {"if_unknown": "pass"})),
    (_rules(when=MONEY | {"if_unknown": "pass"}), _doc()),
    (_rules(when=TOPICS), _rules(when=TOPICS | {"has_any": ["tax", "churn"]})),
    (_rules(when=TOPICS), _rules(when=TOPICS | {"has_any": ["tax", "legal"]})),
    (_rules(when=WORDS), _rules(when=WORDS | {"matches_any": ["court"]})),
    (_rules(when={"any": [MONEY, WORDS]}), _rules(when={"any": [MONEY, MOOD]})),
    (_rules(when={"all": [MONEY, WORDS]}), _rules(when={"all": [MONEY, TOPICS]})),
    (_rules(when={"any": [MONEY, WORDS]}), _rules(when={"any": [WORDS, MONEY]})),
    (_rules(when=None, match={}), _rules(when={"not": {"fact": "conversation.asks_for_human", "is": True}}, match={})),
    (_doc(), _rules(match={"kind": ["reply", "question"], "channel": ["chat"]})),
    (_doc(), _rules(outcome="handoff", eyes=2, priority="high", category="money", description="Why")),
    (_rules(eyes=2), _rules(queue=None, skills=["law"])),
    (_rules(skills=["a", "b"]), _rules(skills=["b", "a"])),
    (_rules(outcome="watch", veto_seconds=30), _rules(outcome="watch", veto_seconds=60)),
    (_doc(), _rules(enabled=False)),
    (_rules(enabled=False), _doc()),
    (_rules(enabled=False), _rules(enabled=False, eyes=2)),
    (_doc(), _rules(name="money")),
    (
        _doc(triggers=[COSTS | {"name": "c: gold", "match": {"tier": ["gold"]}, "when": MONEY | {"over": "50.00"}}]),
        _doc(triggers=[COSTS | {"name": "c", "tiers": [{"match": {"tier": ["gold"]}, "over": "50.00"}]}]),
    ),
    (
        _doc(triggers=[given.rule(name="old", match={"risk": ["high", "critical"]}, outcome="watch", veto_seconds=30)]),
        _doc(triggers=[given.rule({"cel": "action.value.amount > 50.0"}, name="new", eyes=2, priority="urgent")]),
    ),
    (
        _doc(triggers=[REFUND, given.rule(name="b", queue="b")]),
        _doc(triggers=[given.rule(name="b", queue="b"), REFUND]),
    ),
    (_doc(currency_rates={"USD": "0.92", "GBP": "1.15"}), _doc(currency_rates={"USD": "0.90", "CHF": "1"})),
    (_doc(triggers=[]), _doc(triggers=[], currency="USD", currency_rates={"GBP": "1.15"})),
    (
        _doc(description="Why"),
        _doc(name="Other", default_queue="all", undo_seconds=20, expiry={"seconds": 600, "outcome": "expire"}),
    ),
    (_doc(oversight=[FREE, REST]), _doc(oversight=[REST, FREE | {"match": {"tier": ["vip"]}}])),
    (
        _doc(oversight=[FREE | {"queue": "a"}, REST]),
        _doc(oversight=[REST, FREE | {"veto_seconds": 30, "name": "Free"}]),
    ),
    (_doc(oversight=[FREE, REST]), _doc(oversight=[FREE | {"queue": "a"}, REST])),
    (_doc(risk_levels=[RISK]), _doc(risk_levels=[RISK | {"when": MONEY}])),
    (
        _doc(scopes=[SCOPE]),
        _doc(
            scopes=[
                SCOPE
                | {"authorised": ["legal"], "always_human": ["faq"], "by_confidence": [], "owner": "ada", "queue": "q"}
                | {"note": "N", "review_by": "2027-02-28"}
            ]
        ),
    ),
    (_doc(scopes=[SCOPE]), _doc(scopes=[{**SCOPE, "agent": ["other"], "authorised": []}])),
    (_doc(scopes=[SCOPE, SCOPE | {"owner": "ada"}]), _doc(scopes=[SCOPE, SCOPE])),
    (
        _doc(),
        _doc(
            budgets=[
                BUDGET,
                {"name": "all", "within": "hour", "count": 3, "counts": "proposed", "pause": "agent"},
                {"name": "each", "within": "week", "count": 3, "counts": "proposed", "per": ["agent"]},
                {"name": "chat", "within": "minute", "count": 3, "match": {"channel": ["chat"]}},
            ]
        ),
    ),
    (
        _doc(budgets=[BUDGET, BUDGET | {"name": "b"}, BUDGET | {"name": "c"}]),
        _doc(
            budgets=[
                {**BUDGET, "name": "c", "sum": "250.00", "pause": "intent", "outcome": "handoff", "priority": "low"},
                {**BUDGET, "within": "hour", "per": [], "counts": "proposed", "match": {}, "description": "D"},
            ]
        ),
    ),
    (
        _doc(budgets=[BUDGET | {"pause": "action"}]),
        _doc(budgets=[{"count": 3, "pause": "agent"} | {k: v for k, v in BUDGET.items() if k != "sum"}]),
    ),
    (_doc(budgets=[BUDGET]), _doc(budgets=[BUDGET | {"sum": 300}])),
    (
        _doc(wait=[WAIT, {"seconds": 172_800, "then": "decline"}]),
        _doc(
            wait=[
                {"seconds": 3600, "then": "answer", "say": {"de": "Ja", "en": "Yes"}, "message": {"en": "Hi"}},
                WAIT | {"name": "talks"},
                {"match": {"tier": ["vip"], "intent": ["faq"]}, "seconds": 90, "then": "chat", "queue": "talk"},
            ]
        ),
    ),
    (_doc(wait=[WAIT, {"seconds": 3600, "then": "decline"}]), _doc(wait=[{"seconds": 3600, "then": "decline"}, WAIT])),
    (_doc(wait=[WAIT]), _doc()),
]

DESK = Surroundings(
    today=date(2026, 11, 28),
    people=frozenset({"pia"}),
    staffed=frozenset({"routine", "sealed", "night"}),
    closed=frozenset({"sealed"}),
    gaps={"routine": Gap(12, 80, "2026-11-30 09:00"), "night": Gap(80, 80, "2026-11-30 22:00")},
    teams=frozenset({"web"}),
    queues=frozenset({"routine", "sealed"}),
    looked_at=120,
    agents={"shop-bot": True, "other-bot": False},
    seen=(
        Seen("a", "warranty", "tool_call", "book_repair", "JPY", 2),
        *(Seen("a", f"i{n:02}", "reply", "", "", 1) for n in range(20)),
    ),
)
# In which something looks wrong on that desk.
FINDINGS: list[dict[str, Any]] = [
    _doc(
        triggers=[
            given.rule(MONEY, name="a", queue="night", match={"agent": ["bot"], "team": ["phone"]}),
            given.rule({"fact": "customer.tier", "is": "gold"}, name="b"),
        ]
    ),
    _doc(oversight=[REST, FREE, REST], risk_levels=[{"match": {}, "level": "low"}, RISK]),
    _doc(
        oversight=[FREE],
        risk_levels=[RISK | {"when": {"all": [{"fact": "intent", "is": "a"}, {"fact": "intent", "is": "b"}]}}],
        triggers=[
            given.rule(name="angry", match={"intent": ["faq"]}),
            given.rule(MONEY, name="one", match={"intent": ["faq"]}),
            given.rule({"all": [{"fact": "intent", "is": "a"}, {"fact": "intent", "is": "b"}]}, name="two"),
            given.rule(MONEY, name="three", enabled=False),
        ],
    ),
    _doc(
        triggers=[
            given.rule(MONEY, name="a", queue="legal", skills=["law"]),
            given.rule(WORDS, name="b", queue="legal", skills=["tax"]),
            given.rule(TOPICS, name="c", queue="money", skills=["tax"]),
        ],
        scopes=[
            SCOPE | {"agent": ["shop-bot", "gone-bot"], "owner": "ada", "review_by": "2026-01-31"},
            SCOPE,
        ],
    ),
    _doc(
        budgets=[BUDGET, BUDGET | {"name": "b", "sum": 0}],
        wait=[
            {"seconds": 90_000, "then": "callback", "message": {"en": "Hi", "de": "Ja"}, "say": {"en": "No"}},
            WAIT,
        ],
    ),
    _doc(wait=[WAIT]),
    _doc(default_queue="sealed", triggers=[REFUND, REFUND | {"name": "money", "queue": "routine"}]),
]

# What only rules as such have.
RULES: list[tuple[str, dict[str, Any]]] = [
    (
        "triggers",
        given.rule({"fact": "customer.since", "over": "2026-01-31"}, match={"segment": ["a"], "language": ["de"]}),
    ),
    (
        "triggers",
        given.rule({"fact": "customer.since", "at_least": "2026-01-31"}, match={"team": ["a"], "workflow": ["w"]}),
    ),
    (
        "triggers",
        given.rule({"fact": "customer.since", "under": "2026-01-31"}, match={"agent": ["a"], "kind": ["handoff"]}),
    ),
    ("triggers", given.rule({"any": [{"fact": "customer.since", "at_most": "2026-01-31"}, {"all": [MOOD, TOPICS]}]})),
    (
        "triggers",
        given.rule(
            {
                "any": [
                    {"fact": "signals.confidence", "at_most": 0.7},
                    {"fact": "signals.topics", "at_least": 4},
                    {"fact": "intent", "in": list("abcdefgh")},
                    {"fact": "intent", "matches_any": ["x"]},
                    {"fact": "action.reversible", "is": False, "if_unknown": "fire"},
                ]
            },
            match={"mood": ["x"]},
        ),
    ),
    ("oversight", {"match": {}, "mode": "human_only"}),
    ("oversight", {"match": {}, "mode": "out_of_the_loop"}),
    ("risk_levels", {"level": "low"}),
    ("risk_levels", {"level": "medium"}),
    ("budgets", BUDGET | {"match": {"kind": ["tool_call"]}, "count": 3, "sum": None, "priority": "normal"}),
]
