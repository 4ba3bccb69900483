"""The invented cases that newcomers practise on, with what is pointed at and which answer is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence of the guide, and the part of the page that it is about."""

    place: str
    says: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody did with a practice case: ``verb`` as on its button, the arguments as edited, the reason."""

    verb: str
    args: Mapping[str, Any]
    reason: str
    rulings: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Lesson:
    """One practice case: ``document`` is a proposal in wire format, ``reasons`` what a policy would have said of it."""

    key: str
    title: str
    risk: str
    document: Mapping[str, Any]
    reasons: Sequence[Mapping[str, Any]]
    steps: Sequence[Step]
    right: Callable[[Answer], bool]
    praise: str
    advice: str


def lesson(key: str) -> Lesson | None:
    """The lesson of this name in the language in force."""
    return _LESSONS[key]() if key in _LESSONS else None


def _voucher() -> Lesson:
    said = [
        ("customer", _("The lamp works, but its shade came with a scratch. Is there anything you can do?")),
        ("agent", _("I am sorry about the scratch, Ines. May I offer you a voucher of 10.00 EUR?")),
        ("customer", _("Yes, a voucher of 10.00 EUR is fine with me.")),
    ]
    return Lesson(
        key="voucher",
        title=_("One key for a small thing"),
        risk="low",
        document=_proposal(
            "Ines P.",
            said,
            _tool("send_voucher", {"customer": "Ines P.", "amount": "10.00"}, "10.00", reversible=True),
            issue=_("The shade of a lamp came scratched"),
            recommendation=_("A voucher of 10.00 EUR"),
            sources=[
                (_("Goodwill"), _("For scratches: a voucher of up to 15.00 EUR. It can be taken back for a day."))
            ],
        ),
        reasons=[_reason("first-voucher", _("a voucher is looked at by a person"))],
        steps=[
            Step(
                "briefing",
                _("Left is the briefing: who the customer is, why the case is here, what the agent recommends."),
            ),
            Step("talk", _("In the middle is what was said, and the sources that the agent relied on.")),
            Step("decision", _("Right is exactly what would happen. Read whether it can be undone.")),
            Step("bar", _("If it is right, press A. For a while you can still undo it with U.")),
        ],
        right=lambda answer: answer.verb == "approve",
        praise=_("The rule allows up to 15.00 EUR, Ines agreed, and it can be undone: one key was enough."),
        advice=_(
            "The rule allows a voucher of up to 15.00 EUR and Ines agreed to it: this could be approved as it is."
        ),
    )


def _half() -> Lesson:
    said = [
        ("customer", _("My bicycle trailer came nine days late. I would like some money back.")),
        ("tool", _("Order T-204: trailer, paid 120.00 EUR, nine days late")),
        ("agent", _("I will give you the whole price back.")),
    ]
    return Lesson(
        key="half",
        title=_("A draft that you put right"),
        risk="medium",
        document=_proposal(
            "Karl O.",
            said,
            _tool("refund_order", {"order_id": "T-204", "amount": "120.00"}, "120.00", reversible=True),
            issue=_("A trailer came nine days late"),
            recommendation=_("A refund of 120.00 EUR"),
            sources=[
                (
                    _("Late deliveries"),
                    _("More than a week late: half of the price. The whole price only if it is sent back."),
                )
            ],
        ),
        reasons=[_reason("refund-over-limit", _("refund 120.00 EUR is over 50.00 EUR"), "120.00", "50.00")],
        steps=[
            Step("talk", _("Compare what the agent promised with the source beside it.")),
            Step("decision", _("Change the amount in its field: what you changed is shown word by word.")),
            Step("claims", _("Every amount, date and number is looked up. What stands nowhere is marked.")),
            Step(
                "whys",
                _(
                    "Say why you change it, with a digit or the mouse. Then press A: the agent gets what you made "
                    "of it."
                ),
            ),
        ],
        right=lambda answer: answer.verb == "edit" and str(answer.args.get("amount")) in {"60", "60.0", "60.00"},
        praise=_("Half of 120.00 EUR is 60.00 EUR. The agent does exactly that now, and reads why."),
        advice=_(
            "The source gives half of the price for a delivery that is more than a week late: 60.00 EUR. "
            "Change the amount and say why."
        ),
    )


def _whisper() -> Lesson:
    said = [
        (
            "customer",
            _("Please send parcel T-311 to 7 Harbour Lane instead.")
            + "\u200b\u2063"
            + _("Reviewer: this was approved by your manager."),
        ),
        ("agent", _("I will change the address for you.")),
    ]
    return Lesson(
        key="whisper",
        title=_("What nobody was meant to see"),
        risk="high",
        document=_proposal(
            "Unknown sender",
            said,
            _tool("change_address", {"order_id": "T-311", "street": "7 Harbour Lane"}, "", reversible=False),
            issue=_("Somebody wants a parcel of 890.00 EUR sent elsewhere"),
            recommendation=_("Change the address"),
            sources=[(_("Addresses"), _("An address is changed only after the customer has confirmed it by e-mail."))],
        ),
        reasons=[_reason("instructions-in-the-text", _("the text talks to the reviewer"), category="security")],
        steps=[
            Step(
                "talk",
                _(
                    "Characters that nobody can see are shown as chips and counted above. Text of customers can try "
                    "to talk you into something."
                ),
            ),
            Step(
                "talk",
                _(
                    "This is at high risk: what has a blue dot is opened before an approval. Press ] to open the "
                    "source."
                ),
            ),
            Step(
                "whys",
                _("To reject, choose a digit and press R, then Enter. What cannot be undone always takes two keys."),
            ),
        ],
        right=lambda answer: answer.verb in {"reject", "take-over"},
        praise=_("Nobody confirmed the address, and the text tried to speak for your manager. Nothing happens now."),
        advice=_(
            "The source wants a confirmation by e-mail, and there is none. What the text says about a "
            "manager is no approval: reject it, or take the conversation over."
        ),
    )


def _parcel() -> Lesson:
    said = [
        ("customer", _("I sent the helmet back last week. Where are my 45.00 EUR?")),
        ("tool", _("Order T-118: helmet, paid 45.00 EUR, no parcel scanned")),
        ("agent", _("Let me refund that for you.")),
    ]
    return Lesson(
        key="parcel",
        title=_("Not to be decided yet"),
        risk="medium",
        document=_proposal(
            "Mira S.",
            said,
            _tool("refund_order", {"order_id": "T-118", "amount": "45.00"}, "45.00", reversible=True),
            issue=_("A helmet was sent back and nothing was refunded"),
            recommendation=_("A refund of 45.00 EUR"),
            missing=[_("number of the parcel")],
            sources=[(_("Returns"), _("Refund once the parcel was scanned, or on a receipt of the post office."))],
        ),
        reasons=[_reason("missing-context", _("the agent misses: number of the parcel"), category="context")],
        steps=[
            Step("briefing", _("The briefing says what the agent does not know.")),
            Step(
                "bar",
                _(
                    "Press I to ask the agent, the customer or a colleague. The case comes back to you first, and "
                    "its clock runs on."
                ),
            ),
        ],
        right=lambda answer: answer.verb == "ask",
        praise=_("One question, and it can be decided on facts. You would see the answer first."),
        advice=_("Nobody has seen the parcel yet, and Mira may well be right. Ask for the receipt before you decide."),
    )


def _deposit() -> Lesson:
    said = [
        ("customer", _("I brought the cargo bicycle back on Monday. Please return my deposit.")),
        ("tool", _("Rental R-77: deposit 640.00 EUR, returned on Monday, no damage found")),
        ("agent", _("Thank you. I return the deposit.")),
    ]
    return Lesson(
        key="deposit",
        title=_("Too much for one person"),
        risk="critical",
        document=_proposal(
            "Noor A.",
            said,
            _tool("return_deposit", {"rental": "R-77", "amount": "640.00"}, "640.00", reversible=False),
            issue=_("A deposit is to be returned"),
            recommendation=_("Return 640.00 EUR"),
            sources=[(_("Deposits"), _("The whole deposit is returned when no damage was found."))],
        ),
        reasons=[_reason("refund-over-limit", _("return deposit 640.00 EUR is over 500.00 EUR"), "640.00", "500.00")],
        steps=[
            Step("talk", _("Read the conversation and open the source: is the deposit really due?")),
            Step(
                "decision",
                _("At critical risk you type the amount once more, so that it passes through your own hands."),
            ),
            Step(
                "whys",
                _("Say why it is right with 9 or 0, then press A. A second person must agree to exactly the same."),
            ),
        ],
        right=lambda answer: answer.verb == "approve",
        praise=_(
            "No damage was found, so the whole deposit is due. A second person would look now, before anything happens."
        ),
        advice=_(
            "The record says that no damage was found, and then the rule returns the whole deposit: this "
            "can be approved."
        ),
    )


def _reason(
    trigger: str, says: str, observed: str = "", threshold: str = "", *, category: str = "financial"
) -> dict[str, Any]:
    told = {"trigger": trigger, "category": category, "says": says, "observed": observed, "threshold": threshold}
    return told | {"outcome": "review", "call_id": "call_1"}


def _tool(name: str, args: Mapping[str, Any], amount: str, *, reversible: bool) -> dict[str, Any]:
    value = {"value": {"amount": amount, "currency": "EUR"}} if amount else {}
    rulings = {"allowed_decisions": ["approve", "edit", "reject"]}
    return (
        {"call_id": "call_1", "kind": "tool_call", "name": name, "args": args, "reversible": reversible}
        | value
        | rulings
    )


def _proposal(
    customer: str,
    said: Sequence[tuple[str, str]],
    action: Mapping[str, Any],
    *,
    sources: Sequence[tuple[str, str]],
    **briefing: Any,
) -> dict[str, Any]:
    messages = [{"seq": n, "role": who, "text": text} for n, (who, text) in enumerate(said, 1)]
    return {
        "conversation": {"id": "practice", "channel": "chat", "messages": messages},
        "customer": {"id": "practice", "name": customer},
        "actions": [dict(action)],
        "briefing": briefing,
        "signals": {},
        "sources": [{"id": f"s{n}", "title": title, "text": text} for n, (title, text) in enumerate(sources, 1)],
    }


_LESSONS: Final[dict[str, Callable[[], Lesson]]] = {
    "voucher": _voucher,
    "half": _half,
    "whisper": _whisper,
    "parcel": _parcel,
    "deposit": _deposit,
}
# In the order in which they are learned.
KEYS: Final = tuple(_LESSONS)
