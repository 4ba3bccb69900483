"""Who acts, and how each kind of event reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext, gettext_lazy, pgettext, pgettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

ACTOR_TYPES: Final = ("user", "agent", "policy", "system")
DISPLAY: Final = "actor_display"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: `type` is user, agent, policy or system; `id` is kept for ever, `display` can be erased."""

    type: str
    id: str
    display: str = ""

    @property
    def name(self) -> str:
        """How to call them in a sentence."""
        if self.type == "system":
            return gettext("The desk")
        return self.display or _UNNAMED.get(self.type, _UNKNOWN) % {"id": self.id}


SYSTEM: Final = Actor("system", "system", "the desk")

_UNNAMED: Final[dict[str, "_StrPromise"]] = {
    "user": gettext_lazy("User %(id)s"),
    "agent": gettext_lazy("Agent %(id)s"),
    "policy": gettext_lazy("Policy %(id)s"),
}

_UNKNOWN: Final = gettext_lazy("Someone (%(id)s)")

SENTENCES: Final[dict[str, "_StrPromise"]] = {
    "case.queued": gettext_lazy("%(who)s sent the case to a person"),
    "case.released": gettext_lazy("The case was released without a person"),
    "case.watched": gettext_lazy("The case will be released unless somebody stops it"),
    "case.stopped": gettext_lazy("%(who)s stopped the case"),
    "case.claimed": gettext_lazy("%(who)s took the case"),
    "case.handed_back": gettext_lazy("%(who)s handed the case back"),
    "case.rerouted": gettext_lazy("%(who)s passed the case on"),
    "case.asked": gettext_lazy("%(who)s asked a question"),
    "case.answered": gettext_lazy("%(who)s answered the question"),
    "case.second_look": gettext_lazy("%(who)s decided and asked for a second pair of eyes"),
    "case.decided": gettext_lazy("%(who)s decided the case"),
    "case.undone": gettext_lazy("%(who)s took the decision back"),
    "case.took_effect": gettext_lazy("The decision took effect"),
    "case.taken_over": gettext_lazy("%(who)s took over from the agent"),
    "case.gave_way": gettext_lazy("%(who)s took the conversation over by another case, so this one ended"),
    "case.finished": gettext_lazy("%(who)s ended the conversation with the customer"),
    "conversation.told": gettext_lazy("%(who)s told what was said"),
    "conversation.message": gettext_lazy("%(who)s wrote to the customer"),
    "conversation.delivered": gettext_lazy("%(who)s delivered the message"),
    "conversation.closed": gettext_lazy("%(who)s reported the end of the conversation"),
    "conversation.reopened": gettext_lazy("%(who)s reported that the conversation goes on"),
    "case.returned": gettext_lazy("%(who)s gave control back to the agent"),
    "case.expired": gettext_lazy("The case expired without a decision"),
    "case.withdrawn": gettext_lazy("%(who)s withdrew the proposal"),
    "case.superseded": gettext_lazy("%(who)s replaced the proposal with a newer one"),
    "case.imported": gettext_lazy("The case was imported from stored history"),
    "case.closed": gettext_lazy("%(who)s closed the case"),
    "case.snoozed": gettext_lazy("%(who)s put the case aside for a while"),
    "case.woken": gettext_lazy("The case that was put aside is back"),
    "case.commented": gettext_lazy("%(who)s left a comment"),
    "case.customer_asked": gettext_lazy("The customer asked for something by their link"),
    "case.declined": gettext_lazy("Nobody decided in time; the desk declined every action"),
    "case.warned": gettext_lazy("A deadline comes near"),
    "case.late": gettext_lazy("A deadline is over"),
    "case.escalated": gettext_lazy("The case was escalated"),
    "case.fallback": gettext_lazy("The customer has waited as long as they may"),
    "case.prioritised": gettext_lazy("%(who)s raised the priority"),
    "case.offered": gettext_lazy("%(who)s keeps the case for one person first"),
    "grant.issued": gettext_lazy("Permission to execute was issued"),
    "grant.redeemed": gettext_lazy("%(who)s used the permission to execute"),
    "grant.renewed": gettext_lazy("%(who)s renewed the permission to execute"),
    "grant.voided": gettext_lazy("The permission to execute was voided"),
    "grant.outcome": gettext_lazy("%(who)s reported the outcome"),
    "evidence.seen": gettext_lazy("%(who)s opened the evidence"),
    "evidence.own_view": gettext_lazy("%(who)s said what they would do before they saw the recommendation"),
    "policy.published": gettext_lazy("%(who)s published a policy"),
    "policy.category_proposed": gettext_lazy("%(who)s proposed to send replies automatically"),
    "policy.draft_begun": gettext_lazy("%(who)s began to change the policy"),
    "policy.draft_changed": gettext_lazy("%(who)s changed the draft of the policy"),
    "policy.draft_compared": gettext_lazy("%(who)s held the draft against the policy that is in force now"),
    "policy.draft_submitted": gettext_lazy("%(who)s asked a second person to publish the policy"),
    "policy.draft_sent_back": gettext_lazy("%(who)s sent the draft of the policy back"),
    "policy.draft_published": gettext_lazy("%(who)s put the draft of the policy in force"),
    "policy.draft_discarded": gettext_lazy("%(who)s discarded the draft of the policy"),
    "gap.found": gettext_lazy("%(who)s found a knowledge gap"),
    "gap.assigned": gettext_lazy("%(who)s said who sees to the knowledge gap"),
    "gap.changed": gettext_lazy("%(who)s said what was changed for the knowledge gap"),
    "gap.verified": gettext_lazy("%(who)s found that the change helped"),
    "gap.dismissed": gettext_lazy("%(who)s said that it is no knowledge gap"),
    "gap.reopened": gettext_lazy("%(who)s opened the knowledge gap again"),
    "gap.article": gettext_lazy("%(who)s drafted an answer for the knowledge gap"),
    "gaps.exported": gettext_lazy("%(who)s exported knowledge gaps"),
    "insight.baseline": gettext_lazy("%(who)s fixed the period that all figures are held against"),
    "incidents.exported": gettext_lazy("%(who)s took the register of incidents along"),
    "insight.exported": gettext_lazy("%(who)s exported figures"),
    "user.created": gettext_lazy("%(who)s created the account"),
    "user.role_changed": gettext_lazy("%(who)s changed the role"),
    "user.signed_in": gettext_lazy("%(who)s signed in"),
    "user.left": gettext_lazy("%(who)s signed out"),
    "user.session_ended": gettext_lazy("%(who)s ended a session in another browser"),
    "user.sign_in_failed": gettext_lazy("A try to sign in failed"),
    "user.password_changed": gettext_lazy("%(who)s changed their password"),
    "user.factor_added": gettext_lazy("%(who)s added a second factor"),
    "user.factor_removed": gettext_lazy("%(who)s removed a second factor"),
    "user.recovery_codes_made": gettext_lazy("%(who)s made new recovery codes"),
    "user.recovery_code_used": gettext_lazy("%(who)s used a recovery code"),
    "user.identity_linked": gettext_lazy("%(who)s was recognised by single sign-on for the first time"),
    "user.signed_out": gettext_lazy("%(who)s ended every session of the account"),
    "user.password_set": gettext_lazy("%(who)s set the password"),
    "user.token_made": gettext_lazy("%(who)s made a personal token"),
    "user.token_revoked": gettext_lazy("%(who)s revoked a personal token"),
    "user.deactivated": gettext_lazy("%(who)s deactivated the account"),
    "user.habits_changed": gettext_lazy("%(who)s changed how they like to work"),
    "user.practised": gettext_lazy("%(who)s answered a practice case"),
    "user.view_saved": gettext_lazy("%(who)s saved a view of the queue"),
    "user.view_deleted": gettext_lazy("%(who)s deleted a saved view"),
    "specimen.made": gettext_lazy("%(who)s made a case to learn from"),
    "specimen.changed": gettext_lazy("%(who)s changed the case to learn from"),
    "specimen.approved": gettext_lazy("%(who)s read the case to learn from and took it into use"),
    "specimen.retired": gettext_lazy("%(who)s took the case to learn from out of use"),
    "canary.planted": gettext_lazy("The desk planted a control case; nothing of it can run"),
    "canary.taken_out": gettext_lazy("The desk took the control case out before anybody decided it"),
    "canary.revealed": gettext_lazy("This was a control case: nothing of it was real, and nothing of it ran"),
    "rung.placed": gettext_lazy("%(who)s put it on the autonomy ladder"),
    "rung.proposed": gettext_lazy("The desk proposed the next rung: the evidence is enough"),
    "rung.agreed": gettext_lazy("%(who)s agreed to the next rung; a second person is asked"),
    "rung.promoted": gettext_lazy("%(who)s let it go one rung up"),
    "rung.declined": gettext_lazy("%(who)s declined the next rung"),
    "rung.demoted": gettext_lazy("%(who)s took it down the ladder"),
    "rung.counted_anew": gettext_lazy("%(who)s left the evidence so far behind"),
    "ladder_rules.created": gettext_lazy("%(who)s set the ladder rules"),
    "ladder_rules.changed": gettext_lazy("%(who)s changed the ladder rules"),
    "coaching_rules.created": gettext_lazy("%(who)s set the coaching rules"),
    "coaching_rules.changed": gettext_lazy("%(who)s changed the coaching rules"),
    "batch.prepared": gettext_lazy("%(who)s chose cases to decide together"),
    "batch.decided": gettext_lazy("%(who)s decided the cases together"),
    "batch.voided": gettext_lazy("The batch is void, nothing in it was decided"),
    "batch.undone": gettext_lazy("%(who)s took the decisions of the batch back"),
    "agent.created": gettext_lazy("%(who)s registered the agent"),
    "agent.changed": gettext_lazy("%(who)s changed the agent"),
    "agent.key_made": gettext_lazy("%(who)s made an agent key"),
    "agent.key_revoked": gettext_lazy("%(who)s revoked an agent key"),
    "agent.webhook_saved": gettext_lazy("%(who)s set up a webhook endpoint"),
    "agent.webhook_secret_made": gettext_lazy("%(who)s made a secret for webhooks"),
    "agent.webhook_secret_retired": gettext_lazy("%(who)s retired a secret for webhooks"),
    "agent.webhook_replayed": gettext_lazy("%(who)s sent a webhook again"),
    "article.saved": gettext_lazy("%(who)s saved a published answer"),
    "contact.saved": gettext_lazy("%(who)s changed where the contact form leads"),
    "contact.removed": gettext_lazy("%(who)s changed where the contact form leads"),
    "agent.paused": gettext_lazy("%(who)s paused the agent"),
    "agent.resumed": gettext_lazy("%(who)s resumed the agent"),
    "intent.paused": gettext_lazy("%(who)s paused the intent"),
    "intent.resumed": gettext_lazy("%(who)s resumed the intent"),
    "action.paused": gettext_lazy("%(who)s paused the action"),
    "action.resumed": gettext_lazy("%(who)s resumed the action"),
    "everything.paused": gettext_lazy("%(who)s paused everything"),
    "everything.resumed": gettext_lazy("%(who)s resumed everything"),
    "alarm.raised": gettext_lazy("The desk raised an alarm"),
    "alarm.acknowledged": gettext_lazy("%(who)s acknowledged the alarm"),
    "alarm.ended": gettext_lazy("The alarm is over"),
    "alarm_rule.created": gettext_lazy("%(who)s made an alarm rule"),
    "alarm_rule.changed": gettext_lazy("%(who)s changed an alarm rule"),
    "queue.created": gettext_lazy("%(who)s made the queue"),
    "queue.changed": gettext_lazy("%(who)s changed the queue"),
    "calendar.created": gettext_lazy("%(who)s made the calendar"),
    "calendar.changed": gettext_lazy("%(who)s changed the calendar"),
    "service.created": gettext_lazy("%(who)s made the service level"),
    "service.changed": gettext_lazy("%(who)s changed the service level"),
    "roster.created": gettext_lazy("%(who)s added to the roster"),
    "roster.changed": gettext_lazy("%(who)s changed the roster"),
    "roster.removed": gettext_lazy("%(who)s removed from the roster"),
    "certificate.earned": gettext_lazy("The desk entered a certificate: it was earned"),
    "certificate.lapsed": gettext_lazy("The certificate lapsed: control cases were let pass"),
    "certificate.created": gettext_lazy("%(who)s entered a certificate"),
    "certificate.changed": gettext_lazy("%(who)s changed a certificate"),
    "certificate.removed": gettext_lazy("%(who)s removed a certificate"),
    "working_rules.created": gettext_lazy("%(who)s set the working rules"),
    "working_rules.changed": gettext_lazy("%(who)s changed the working rules"),
    "sample.opened": gettext_lazy("%(who)s opened the sampling plan of the week"),
    "sample.drawn_live": gettext_lazy("%(who)s drew cases of the running week into the sample"),
    "sample.drawn": gettext_lazy("%(who)s drew the sample of the week"),
    "sample.chosen": gettext_lazy("%(who)s chose the case to be looked at again"),
    "sampling_rules.created": gettext_lazy("%(who)s set the sampling rules"),
    "sampling_rules.changed": gettext_lazy("%(who)s changed the sampling rules"),
    "scorecard.published": gettext_lazy("%(who)s published a scorecard"),
    "qa.judged": gettext_lazy("%(who)s judged the case"),
    "qa.completed": gettext_lazy("%(who)s said why the case was judged an error"),
    "qa.disputed": gettext_lazy("Two people disagree about the case; a third must look"),
    "qa.settled": gettext_lazy("The verdict about the case stands"),
    "qa.checked": gettext_lazy("The automatic checks looked at the case"),
    "qa.known": gettext_lazy("%(who)s recorded what is known of the case"),
    "qa_run.started": gettext_lazy("%(who)s began the review"),
    "qa_run.step": gettext_lazy("%(who)s did a step of the review"),
    "qa_run.signed_off": gettext_lazy("%(who)s signed the review off"),
    "wording.created": gettext_lazy("%(who)s said how an action reads"),
    "wording.changed": gettext_lazy("%(who)s changed how an action reads"),
    "wording.removed": gettext_lazy("%(who)s removed how an action reads"),
}

_RULINGS: Final[dict[str, "_StrPromise"]] = {
    "approve": gettext_lazy("approved %(what)s"),
    "edit": gettext_lazy("edited and approved %(what)s"),
    "reject": gettext_lazy("rejected %(what)s"),
    "respond": gettext_lazy("answered instead of %(what)s"),
}

_LEVELS: Final = ("case.warned", "case.late", "case.escalated")
_WHOLE: Final = 100
_PASSED: Final[dict[Any, "_StrPromise"]] = {
    "claim": gettext_lazy("%(share)s %% of the time to take the case has passed"),
    "decide": gettext_lazy("%(share)s %% of the time to decide has passed"),
    "answer": gettext_lazy("%(share)s %% of the time to answer the customer has passed"),
}
_OVER: Final[dict[Any, "_StrPromise"]] = {
    "claim": gettext_lazy("The time to take the case is over"),
    "decide": gettext_lazy("The time to decide is over"),
    "answer": gettext_lazy("The time to answer the customer is over"),
}
_THEN: Final[dict[Any, "_StrPromise"]] = {
    "callback": gettext_lazy("The customer has waited as long as they may; they are offered a call"),
    "chat": gettext_lazy("The customer has waited as long as they may; a person is called to join them"),
    "answer": gettext_lazy("The customer has waited as long as they may; they get an answer in part"),
    "decline": gettext_lazy("The customer has waited as long as they may; everything is declined"),
}
_NAMED: Final = gettext_lazy("escalated to %(name)s")
# Words of the machine that are said in the language of whoever reads.
_WORDS: Final[dict[str, "_StrPromise"]] = {
    "succeeded": pgettext_lazy("outcome", "it succeeded"),
    "failed": pgettext_lazy("outcome", "it failed"),
    "unknown": pgettext_lazy("outcome", "nobody knows whether it took effect"),
    "low": gettext_lazy("low"),
    "normal": gettext_lazy("normal"),
    "high": gettext_lazy("high"),
    "urgent": gettext_lazy("urgent"),
    "reviewer": pgettext_lazy("a role is told", "reviewers"),
    "supervisor": pgettext_lazy("a role is told", "supervisors"),
    "qa_lead": pgettext_lazy("a role is told", "QA leads"),
    "admin": pgettext_lazy("a role is told", "administrators"),
    "auditor": pgettext_lazy("a role is told", "auditors"),
}

# What the sentence says already, in the words of the machine.
_SAID: Final = ("case.expired", "case.declined", "case.fallback", *_LEVELS)
# The words of an event that belong into its sentence, the first one present wins.
_REMARKS: Final = ("note", "reason", "why", "text", "status", "queue", "role", "to", "priority")
_OF_MACHINE: Final = ("status", "priority")


def sentence(kind: str, actor: Actor, body: Mapping[str, Any]) -> str:
    """What happened in one plain-text sentence of the language in force, e.g. "Ana R. approved refund_order".

    Knows every kind in `SENTENCES`; another one reads "<who>: <kind in words>". Escape it like any untrusted text.
    """
    told = _rulings(actor, body) if kind == "case.decided" else _level(body) if kind in _LEVELS else ""
    if kind == "case.fallback":
        told = str(_THEN.get(body.get("then"), ""))
    told = told or _plain(kind, actor)
    remark = "" if kind in _SAID else _remark(body)
    return pgettext("event: remark", "%(event)s: %(remark)s") % {"event": told, "remark": remark} if remark else told


def _plain(kind: str, actor: Actor) -> str:
    if kind in SENTENCES:
        return SENTENCES[kind] % {"who": actor.name}
    return f"{actor.name}: {kind.replace('.', ' ').replace('_', ' ')}"


def _rulings(actor: Actor, body: Mapping[str, Any]) -> str:
    """One clause for each kind of ruling, as in “approved refund_order, rejected send_mail”."""
    named: dict[str, list[str]] = {}
    for decision in _documents(body.get("decisions")):
        ruling, what = str(decision.get("type")), decision.get("name") or decision.get("call_id") or "?"
        if ruling in _RULINGS:
            named.setdefault(ruling, []).append(str(what))
    clauses = [_RULINGS[ruling] % {"what": " + ".join(names)} for ruling, names in named.items()]
    return f"{actor.name} {', '.join(clauses)}" if clauses else ""


def _level(body: Mapping[str, Any]) -> str:
    """A deadline as in “80 % of the time to decide has passed; told Ana R.”."""
    of, share = body.get("of"), body.get("share")
    if of not in _OVER or not isinstance(share, int):
        return ""
    told = (_OVER if share == _WHOLE else _PASSED)[of] % {"share": share}
    named = [body.get("to"), _WORDS.get(str(body.get("to_role")), body.get("to_role"))]
    who = [_NAMED % {"name": name} for name in named if name]
    return "; ".join([told, *who])


def _documents(value: object) -> list[Mapping[str, Any]]:
    listed = isinstance(value, Sequence) and not isinstance(value, str)
    return [item for item in value if isinstance(item, Mapping)] if listed else []  # type: ignore[attr-defined]


def _remark(body: Mapping[str, Any]) -> str:
    found = ((key, word) for key in _REMARKS if isinstance(word := body.get(key), str) and word)
    key, word = next(found, ("", ""))
    return str(_WORDS.get(word, word)) if key in _OF_MACHINE else word
