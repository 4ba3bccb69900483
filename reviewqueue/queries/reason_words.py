"""What the engine calls the facts, rules and outcomes in its English sentences, for readers of other languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as _in

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# Facts as ``engine/catalogue.py`` labels them, what money moves as ``engine/conditions.py`` calls it, and scopes.
LABELS: Final[dict[str, _StrPromise]] = {
    "action": _in("fact", "action"),
    "kind of action": _in("fact", "kind of action"),
    "value": _in("fact", "value"),
    "number of invisible characters in the arguments": _("number of invisible characters in the arguments"),
    "number of times this very action was proposed": _("number of times this very action was proposed"),
    "agent": _in("fact", "agent"),
    "team": _in("fact", "team"),
    "intent": _in("fact", "intent"),
    "workflow": _in("fact", "workflow"),
    "confidence": _in("fact", "confidence"),
    "sentiment": _in("fact", "sentiment"),
    "discount in percent": _("discount in percent"),
    "topics": _in("fact", "topics"),
    "risk flags": _("risk flags"),
    "customer tier": _("customer tier"),
    "lifetime value": _("lifetime value"),
    "customer since": _("customer since"),
    "days as a customer": _("days as a customer"),
    "channel": _in("fact", "channel"),
    "language": _in("fact", "language"),
    "number of rounds without progress": _("number of rounds without progress"),
    "number of messages in the last minute": _("number of messages in the last minute"),
    "number of contacts in the last 7 days": _("number of contacts in the last 7 days"),
    "the customer's words": _("the customer's words"),
    "number of messages from the customer": _("number of messages from the customer"),
    "number of invisible characters in the customer's words": _(
        "number of invisible characters in the customer's words"
    ),
    "missing pieces of information": _("missing pieces of information"),
    "attempts": _in("fact", "attempts"),
    "number of topics": _("number of topics"),
    "number of risk flags": _("number of risk flags"),
    "number of missing pieces of information": _("number of missing pieces of information"),
    "number of attempts": _("number of attempts"),
    "number of actions in the proposal": _("number of actions in the proposal"),
    "segment": _in("fact", "segment"),
    "tier": _in("fact", "tier"),
    "kind": _in("fact", "kind"),
    "risk": _in("fact", "risk"),
    "customer": _in("fact", "customer"),
    "reversible": _in("fact", "reversible"),
    "value understated": _in("fact", "value understated"),
    "asks for a human": _in("fact", "asks for a human"),
    "refund": _in("money", "refund"),
    "compensation": _in("money", "compensation"),
    "reimbursement": _in("money", "reimbursement"),
    "goodwill": _in("money", "goodwill"),
    "voucher": _in("money", "voucher"),
    "discount": _in("money", "discount"),
    "credit": _in("money", "credit"),
    "payout": _in("money", "payout"),
    "payment": _in("money", "payment"),
    "charge": _in("money", "charge"),
    "transfer": _in("money", "transfer"),
}
# The same within a sentence, with an article where the language has them.
WITHIN: Final[dict[str, _StrPromise]] = {
    "action": _in("within a sentence", "the action"),
    "kind of action": _in("within a sentence", "the kind of action"),
    "value": _in("within a sentence", "the value"),
    "reversible": _in("within a sentence", "the reversible"),
    "value understated": _in("within a sentence", "the value understated"),
    "number of invisible characters in the arguments": _in(
        "within a sentence", "the number of invisible characters in the arguments"
    ),
    "number of times this very action was proposed": _in(
        "within a sentence", "the number of times this very action was proposed"
    ),
    "agent": _in("within a sentence", "the agent"),
    "team": _in("within a sentence", "the team"),
    "intent": _in("within a sentence", "the intent"),
    "workflow": _in("within a sentence", "the workflow"),
    "confidence": _in("within a sentence", "the confidence"),
    "sentiment": _in("within a sentence", "the sentiment"),
    "discount in percent": _in("within a sentence", "the discount in percent"),
    "topics": _in("within a sentence", "the topics"),
    "number of topics": _in("within a sentence", "the number of topics"),
    "risk flags": _in("within a sentence", "the risk flags"),
    "number of risk flags": _in("within a sentence", "the number of risk flags"),
    "customer tier": _in("within a sentence", "the customer tier"),
    "lifetime value": _in("within a sentence", "the lifetime value"),
    "customer since": _in("within a sentence", "the customer since"),
    "days as a customer": _in("within a sentence", "the days as a customer"),
    "channel": _in("within a sentence", "the channel"),
    "language": _in("within a sentence", "the language"),
    "number of rounds without progress": _in("within a sentence", "the number of rounds without progress"),
    "number of messages in the last minute": _in("within a sentence", "the number of messages in the last minute"),
    "number of contacts in the last 7 days": _in("within a sentence", "the number of contacts in the last 7 days"),
    "asks for a human": _in("within a sentence", "the asks for a human"),
    "the customer's words": _in("within a sentence", "the customer's words"),
    "number of messages from the customer": _in("within a sentence", "the number of messages from the customer"),
    "number of invisible characters in the customer's words": _in(
        "within a sentence", "the number of invisible characters in the customer's words"
    ),
    "missing pieces of information": _in("within a sentence", "the missing pieces of information"),
    "number of missing pieces of information": _in("within a sentence", "the number of missing pieces of information"),
    "attempts": _in("within a sentence", "the attempts"),
    "number of attempts": _in("within a sentence", "the number of attempts"),
    "number of actions in the proposal": _in("within a sentence", "the number of actions in the proposal"),
}
# What an answer yes or no is about, as the second half of a sentence that begins with *when*.
CLAUSES: Final = (
    _in("clause", "the action can be undone"),
    _in("clause", "the action cannot be undone"),
    _in("clause", "an amount in the arguments is larger than the stated value"),
    _in("clause", "no amount in the arguments is larger than the stated value"),
    _in("clause", "the customer asks for a human"),
    _in("clause", "the customer does not ask for a human"),
)
KINDS: Final = (
    _in("kind of fact", "an amount of money"),
    _in("kind of fact", "a number"),
    _in("kind of fact", "a share between 0 and 1"),
    _in("kind of fact", "a series of numbers"),
    _in("kind of fact", "a word"),
    _in("kind of fact", "yes or no"),
    _in("kind of fact", "a list of words"),
    _in("kind of fact", "text"),
    _in("kind of fact", "a date"),
    _in("kind of fact", "whatever the agent sends"),
)
# Whole sentences that hold nothing of the case.
SENTENCES: Final[dict[str, _StrPromise]] = {
    "the action can be undone": _("the action can be undone"),
    "the action cannot be undone": _("the action cannot be undone"),
    "an amount in the arguments is larger than the stated value": _(
        "an amount in the arguments is larger than the stated value"
    ),
    "no amount in the arguments is larger than the stated value": _(
        "no amount in the arguments is larger than the stated value"
    ),
    "the customer asks for a human": _("the customer asks for a human"),
    "the customer does not ask for a human": _("the customer does not ask for a human"),
    "customer wrote nothing that the rule looks for": _("customer wrote nothing that the rule looks for"),
    "the customer asks for a person": _("the customer asks for a person"),
    "the customer wants to be called": _("the customer wants to be called"),
    "the customer contests a decision": _("the customer contests a decision"),
    "written by the contact form": _("written by the contact form"),
    "The policy could not be evaluated; a person must look.": _(
        "The policy could not be evaluated; a person must look."
    ),
    "everything is paused": _("everything is paused"),
}
# Where an action stands on the autonomy ladder (``engine/ladder.py``).
RUNGS: Final[dict[str, _StrPromise]] = {
    "is off for this agent: a person does it": _("%(what)s is off for this agent: a person does it"),
    "is in shadow: a person decides, and the proposal is compared with what they say first": _(
        "%(what)s is in shadow: a person decides, and the proposal is compared with what they say first"
    ),
    "is reviewed each time": _("%(what)s is reviewed each time"),
    "is reviewed by sample; this one is released and watched": _(
        "%(what)s is reviewed by sample; this one is released and watched"
    ),
    "is reviewed by sample; this one was drawn": _("%(what)s is reviewed by sample; this one was drawn"),
}
# The rules of the starting policy; a policy of one's own names its rules in the words of its authors.
RULES: Final[dict[str, _StrPromise]] = {
    "security-signal": _in("rule", "security signal"),
    "instructions-in-the-text": _in("rule", "instructions in the text"),
    "hidden-text": _in("rule", "hidden text"),
    "account-access": _in("rule", "account access"),
    "access-change": _in("rule", "access change"),
    "security-words": _in("rule", "security words"),
    "legal-threat": _in("rule", "legal threat"),
    "formal-complaint": _in("rule", "formal complaint"),
    "injury-or-danger": _in("rule", "injury or danger"),
    "erasure": _in("rule", "erasure"),
    "data-request": _in("rule", "data request"),
    "legal-subject": _in("rule", "legal subject"),
    "asks-for-a-human": _in("rule", "asks for a human"),
    "asks-for-a-human-by-intent": _in("rule", "asks for a human by intent"),
    "angry": _in("rule", "angry"),
    "distress": _in("rule", "distress"),
    "threat-of-violence": _in("rule", "threat of violence"),
    "very-negative": _in("rule", "very negative"),
    "frustration": _in("rule", "frustration"),
    "our-serious-error": _in("rule", "our serious error"),
    "urgent": _in("rule", "urgent"),
    "important-customer": _in("rule", "important customer"),
    "long-standing-customer": _in("rule", "long standing customer"),
    "cost-of-failure": _in("rule", "cost of failure"),
    "cost-of-failure-tiers": _in("rule", "cost of failure tiers"),
    "refund-over-limit": _in("rule", "refund over limit"),
    "refund-far-over-limit": _in("rule", "refund far over limit"),
    "value-over-limit": _in("rule", "value over limit"),
    "value-understated": _in("rule", "value understated"),
    "discount-over-limit": _in("rule", "discount over limit"),
    "discount-of-unknown-size": _in("rule", "discount of unknown size"),
    "billing-dispute": _in("rule", "billing dispute"),
    "policy-exception": _in("rule", "policy exception"),
    "goodwill-money": _in("rule", "goodwill money"),
    "cancellation": _in("rule", "cancellation"),
    "churn": _in("rule", "churn"),
    "irreversible": _in("rule", "irreversible"),
    "account-change": _in("rule", "account change"),
    "low-confidence": _in("rule", "low confidence"),
    "out-of-scope": _in("rule", "out of scope"),
    "medical": _in("rule", "medical"),
    "financial-advice": _in("rule", "financial advice"),
    "stalled": _in("rule", "stalled"),
    "repeated-action": _in("rule", "repeated action"),
    "missing-context": _in("rule", "missing context"),
    "nothing-from-the-customer": _in("rule", "nothing from the customer"),
    "novel-situation": _in("rule", "novel situation"),
    "complex": _in("rule", "complex"),
    "message-flood": _in("rule", "message flood"),
    "repeat-contact": _in("rule", "repeat contact"),
    "acts-for-repeat-contact": _in("rule", "acts for repeat contact"),
    "autonomy": _in("rule", "autonomy"),
    "paused": _in("rule", "paused"),
    "unjudged": _in("rule", "unjudged"),
}
