"""What each field of the desk is for: said beside it, to eyes and to screen readers, and nowhere twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

TEXTS: Final[dict[str, _StrPromise]] = {
    # Case
    "typed-amount": _("The sum that leaves because of this decision, as a number: 350 or 350.00."),
    "message": _(
        "The agent reads it together with your decision and can tell the customer. Write nothing here "
        "that must stay inside."
    ),
    "knowledge-gap": _(
        "An article that is missing or wrong, a rule it did not know, a fact it could not see. It feeds "
        "the report on gaps."
    ),
    "own-verdict": _(
        "For when one action of the case is right and another is wrong. What you choose goes before the button."
    ),
    "customer-answer": _("It stands on their page as you write it, in your name. Nothing else is done."),
    "upheld": _(
        "For the record; the customer reads your answer alone. A decision that was wrong counts against the agent."
    ),
    "note": _("For colleagues and auditors. It never leaves the desk."),
    "response": _(
        "The agent does nothing and takes your text as the result of its call. Use it to tell it what to do instead."
    ),
    "ground": _(
        "From medium risk on an approval says why it is right. An exception is counted, so that rules "
        "can follow what people do."
    ),
    "reason": _("Needed when you change or reject. It is what the agent's owners learn from."),
    "ask-of": _(
        "The agent answers by itself. The customer is asked through the agent. A colleague sees the "
        "question in the case."
    ),
    "ask-text": _(
        "One question at a time is answered fastest. The case comes back to you first, and its clock runs on."
    ),
    "to-user": _(
        "They are offered the case first and see your note. After some minutes anybody of the queue may take it."
    ),
    "to-queue": _("For another team. The case keeps its deadline."),
    "pass-note": _("What you found out, so that nobody begins anew."),
    "snooze": _("Only for you: it leaves your list until then, and comes back by itself."),
    "comment": _("It stands beside the conversation and in the record, for colleagues alone."),
    "take-note": _("Why you take over. It is in the record; the customer does not see it."),
    "take-why": _("It is what the agent's owners learn from. When it is urgent, say it when you hand the case back."),
    "take-gap": _("An article that is missing or wrong, a rule it did not know. It feeds the report on gaps."),
    "give-note": _("What you agreed with the customer, so that the agent does not contradict you."),
    "finish-note": _("How it ended. Whether it was resolved counts in the figures."),
    "stop-reason": _("Why this must not run by itself. It is in the record, and the next person reads it."),
    # Queue
    "search": _("Beginnings of words in the customer's name, the issue or the number of a case."),
    "filter-state": _("Where a case stands: waiting, with somebody, asked, waiting for a second person."),
    "filter-priority": _("How urgent the policy finds it."),
    "filter-risk": _("What an approval takes: one key at low risk, two people at critical."),
    "filter-agent": _("The AI agent that proposed it."),
    "filter-intent": _("What the customer wants, in the agent's words, such as refund."),
    "filter-language": _("The language of the conversation: en, de, fr."),
    "filter-least": _(
        "Only cases in which at least so much money moves. Other currencies are converted by the policy's rates."
    ),
    "view-name": _("Only you see the name; whoever opens the link sees what they may see."),
    # Cases to learn from
    "specimen-title": _("What people see in the list of the practice. It must not give the answer away."),
    "specimen-lesson": _("Shown after the answer, right or wrong: where one had to look, and what the rule says."),
    "specimen-practice": _("Everybody can practise on it; answers are scored and reach no agent, customer or figure."),
    "specimen-control": _(
        "It comes among the real cases about yet another invented person. Only for what was clearly wrong."
    ),
    "specimen-texts": _("Take out what tells who it was; keep what one has to see in order to decide."),
    # Quality
    "qa-should": _(
        "Yes, and nobody did: a rule is too narrow. No, and somebody did: a rule is too broad. Both are counted."
    ),
    "qa-codes": _("All that fit. They say in the report what to mend first."),
    "qa-severity": _("What it could do to the customer or to the company if it happened again."),
    "qa-gap": _("An article that is missing or wrong, a rule it did not know. It feeds the report on gaps."),
    "qa-note": _("For colleagues who lead quality, and for a third person where two of you differ."),
    "qa-case": _("As it stands in the address of its page: “case_” and what follows."),
    "qa-known": _(
        "Only from elsewhere: a refund that came back, a complaint that was upheld. It shows how well "
        "people see, and nobody is told which cases these are."
    ),
    "qa-basis": _("Where one can read it. Needed where it is known."),
    "qa-summary": _("Whoever reads nothing else reads this. It is in the record and in the printed report."),
    "qa-step": _("What you saw and decided. It is kept with the step under your name, and is part of the record."),
    "qa-score": _("As this case was, not as cases usually are. Leave it open where it does not apply."),
    "qa-plan-week": _("Each week has a sample and rules of its own, as they held then."),
    "qa-week": _("The week whose cases were drawn. Four together say more, where each has few cases."),
    "qa-by": _("By what the rates are told apart. Small groups have wide intervals."),
    # Gaps
    "gap-owner": _("Finds the gap among their own, and says what was changed."),
    "gap-area": _("Where it is mended: in a source, the prompt, a rule, a permission or the training of people."),
    "gap-change": _("What is different from now on. Before and after are compared from this moment."),
    "gap-link": _("Where one can read the change: an article, a commit, a ticket. May be left out."),
    "gap-question": _("As customers would ask it."),
    "gap-language": _("The one that the answer is written in."),
    "gap-why-not": _("Whoever finds the same again reads this. It is in the record, and the gap can be opened again."),
    "gaps-state": _("How far it has come: open, somebody's, changed, found to have helped, or no gap."),
    "gaps-order": _("What the worst is: what failed most gravely, most often, at the highest cost, or what is new."),
    # Figures
    "period-from": _("The first day that counts."),
    "period-to": _("The last day that counts, included."),
    "period-by": _("A line of its own for each, to see where a change comes from."),
    "baseline-first": _("A time before the change whose effect you want to see. What is older does not count."),
    "baseline-last": _("Included. The longer the period, the narrower the intervals around each difference."),
    "baseline-why": _("Whoever doubts the comparison later reads this. It is in the record with your name."),
    # Second looks and alarms
    "look-view": _("Answer as if it came in now. How it was decided is not shown and does not change."),
    "look-note": _("What made you see it so. Only whoever coaches reads it."),
    "alarm-note": _("What you do about it, so that nobody does it twice. It is in the record with your name."),
    # Together and habits
    "together-reason": _("Needed when you reject. The same reason is recorded for each of them."),
    "together-message": _("Each agent reads it with its own decision."),
    "advance": _(
        "The next best case of the same lane is fetched ahead and yours as soon as it opens. Without it "
        "you come back to the list."
    ),
    # Signing in
    "user-name": _("As an administrator wrote it when they made your account."),
    "password": _("Forgotten your password? An administrator can set a new one."),
    "code": _("Six digits from your authenticator app, or one of your recovery codes."),
    "recovery-code": _("One of those that you wrote down; each opens the desk once."),
    "confirm-password": _("Type your password once more."),
    # Takeover and answers
    "letter": _("The agent delivers it as it stands, in your name. Write as you would speak to them."),
    "answer": _("Whoever asked reads it with the case, and is offered the case first."),
    # Ladder
    "ladder-to": _(
        "A rung further down. It holds from the next proposal on, and what was known of this place counts no more."
    ),
    "ladder-why": _(
        "What happened. It stays in the ledger with your name, and everybody who looks at the ladder reads it."
    ),
    "ladder-anew": _(
        "What you found and what was mended. The reviews so far count no more, and the way up begins anew."
    ),
    "ladder-start": _(
        "Off: a person does it. Shadow: a person says first what they would do. Review all: a person decides each. "
        "What is above is earned by reviews."
    ),
    # Monitor
    "pause-of": _("An agent, what customers want, one action, or everything at once."),
    "pause-name": _("Such as refund* for every action that begins so. It stands in the lists above."),
    "pause-reason": _("Whoever is called because of it reads this first. It is in the record."),
    "resume-reason": _("What was wrong and why it is over. It is in the record."),
    # Policy
    "category-intents": _("Only replies about these; everything else still waits for a person."),
    "category-channels": _("Such as chat or email, separated by commas."),
    "category-agents": _("Names of agents, separated by commas."),
    "category-reason": _("What you saw that makes you sure. Whoever publishes it reads this."),
    "draft-reason": _("What you want to reach. Whoever reads the version in a year has only this to understand it."),
    "draft-blind": _("Why it cannot wait for a look at what it would have done. It is in the record with your name."),
    "what-if-text": _("Change what you think of changing. Nothing of it is published."),
    "what-if-file": _("A policy that you have as a file, YAML or JSON."),
    "what-if-from": _("Cases that came in on this day or later. Empty: all."),
    "what-if-to": _("Cases that came in on this day or before. Empty: until now."),
    "what-if-agents": _("Names of agents, separated by commas."),
    "what-if-intents": _("What customers wanted, separated by commas, such as refund."),
    # Record and waiting
    "record-about": _("What an entry is about: a case by its number, the policy, a person, an agent."),
    "record-kind": _("What happened, such as case.claimed."),
    "record-by": _("Who did it: a person by their number, an agent by its name, or the desk itself."),
    "waits-queue": _("Whose customers; each queue has its own pace."),
    "waits-contract": _("What the policy lets customers be told and do while they wait."),
    "waits-language": _("In which the page for customers is shown."),
    "keys-on": _("Switch single keys off when you speak to your computer or use other shortcuts. Ctrl K still works."),
    # Customers
    "own-phone": _("With its area code, so that the call reaches you."),
    "own-hour": _("Choose an hour at which you can be reached."),
    "own-words": _("Whoever helps you reads it first, so that you need not say it again."),
    "own-topic": _("So that the right people read it."),
}
