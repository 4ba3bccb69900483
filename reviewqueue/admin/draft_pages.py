"""The pages on which a draft of the policy is worked on: its overview, its rules, its settings, its text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from reviewqueue.admin.draft_forms import BeginForm, SettingsForm, TextForm
from reviewqueue.admin.limit_forms import FORMS
from reviewqueue.admin.rule_parts import RuleParts
from reviewqueue.domain import policy_drafts
from reviewqueue.engine import editing, policy_file
from reviewqueue.engine.blueprints import blueprint, blueprints
from reviewqueue.engine.faults import PolicyError
from reviewqueue.engine.policy import faults_of, parse
from reviewqueue.engine.saying import RuleName
from reviewqueue.models import PolicyDraft
from reviewqueue.queries import clock, looked, policies, reader
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

    from reviewqueue.domain.people import Reviewer

CHANGE = "admin:reviewqueue_policydraft_change"
NEW: dict[str, dict[str, Any]] = {
    "oversight": {"match": {}, "mode": "in_the_loop"},
    "risk_levels": {"level": "high"},
    "scopes": {},
    "budgets": {"within": "day"},
    "wait": {"then": "callback"},
}
_TITLES = {
    "oversight": _lazy("Where an action starts"),
    "scopes": _lazy("What an agent is there for"),
    "triggers": _lazy("A trigger"),
    "risk_levels": _lazy("A risk level"),
    "budgets": _lazy("A budget"),
    "wait": _lazy("A wait contract"),
}
VERBS = ("submit", "publish", "send_back", "discard", "compare_anew")


def begin(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Where a draft comes from."""
    form = BeginForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            draft = form.begin(author=_person(request), at=clock.now())
        except (Refusal, PolicyError) as error:
            form.add_error(None, _sentences(error))
        else:
            return redirect(CHANGE, draft.pk)
    return _page(request, site, "admin/policy_begin.html", {"title": _("Begin a draft"), "form": form})


def overview(request: HttpRequest, site: AdminSite, draft_id: str) -> HttpResponse:
    """The whole draft: what it says, what is wrong with it, what it changes, and what can be done with it."""
    draft = _draft(draft_id)
    if request.method == "POST":
        return _act(request, draft)
    told = policies.draft_told(draft, at=clock.now())
    context = {"title": str(draft), "crumb": "draft", "draft": draft, "told": told, "what_if": _what_if(draft)}
    alone = policy_drafts.why_not_alone(draft, at=clock.now()) if not told.faults else None
    worked = _person(request).pk in draft.editors
    in_force = policies.in_force()
    context |= {"alone": alone if worked else None, "needs_second": alone}
    context |= {"in_force": in_force, "stale": in_force != draft.base_id}
    if draft.is_open and not told.faults:
        context |= _looked(draft)
    return _page(request, site, "admin/policy_draft.html", context)


def rule(request: HttpRequest, site: AdminSite, draft_id: str, group: str, place: str) -> HttpResponse:
    """One rule: its form, and for those that ask something its condition."""
    draft = _draft(draft_id)
    index, given = _given(request, draft, group, place)
    posted = request.POST if request.method == "POST" else None
    parts = RuleParts.of(group, given, posted)
    if posted is not None and parts.valid() and (answer := _store(request, draft, (group, index), parts)) is not None:
        return answer
    context = {
        "title": reader.said(RuleName(given["name"])) if given.get("name") else str(_TITLES[group]),
        "draft": draft,
        "group": group,
        "form": parts.form,
        "condition": parts.condition,
        "costs": parts.costs,
        "blueprint": blueprint(request.GET.get("from", "")),
        "example": _example(draft, group, given) if place != "new" or group not in {"budgets", "wait"} else "",
        "revision": _revision(request, draft),
    }
    return _page(request, site, "admin/policy_rule.html", context)


def choose(request: HttpRequest, site: AdminSite, draft_id: str) -> HttpResponse:
    """Triggers to begin with: each with its unit, its default and what it does."""
    draft = _draft(draft_id)
    currency = str(draft.document.get("currency", ""))
    offered = [(one, one.example(currency)) for one in blueprints()]
    context = {"title": _("A new trigger"), "draft": draft, "offered": offered}
    return _page(request, site, "admin/policy_blueprints.html", context)


def settings(request: HttpRequest, site: AdminSite, draft_id: str) -> HttpResponse:
    """Name, currency and rates, default queue, undo window and expiry."""
    draft = _draft(draft_id)
    form = SettingsForm(request.POST or None, document=draft.document)
    if request.method == "POST" and form.is_valid():
        document = form.made()
        form.add_faults([(fault.path, reader.said(fault.words)) for fault in faults_of(document)])
        if form.is_valid() and (answer := _edit(request, draft, document, form)) is not None:
            return answer
    context = {"title": _("Settings"), "draft": draft, "form": form, "revision": _revision(request, draft)}
    return _page(request, site, "admin/policy_form.html", context)


def text(request: HttpRequest, site: AdminSite, draft_id: str) -> HttpResponse:
    """The whole document as a policy file."""
    draft = _draft(draft_id)
    form = TextForm(request.POST or None, initial={"text": policies.as_text(draft.document)})
    if request.method == "POST" and form.is_valid():
        try:
            document = policy_file.load(form.cleaned_data["text"])
        except PolicyError as error:
            form.add_error("text", _sentences(error))
        else:
            if (answer := _edit(request, draft, document, form)) is not None:
                return answer
    context = {"title": _("As text"), "draft": draft, "form": form, "revision": _revision(request, draft)}
    return _page(request, site, "admin/policy_form.html", context)


def change(request: HttpRequest, _site: AdminSite, draft_id: str, group: str, place: str, what: str) -> HttpResponse:
    """Move, switch or take out one rule."""
    draft = _draft(draft_id)
    index, _given_rule = _given(request, draft, group, place)
    edits: dict[str, Any] = {
        "up": lambda: editing.move(draft.document, group, index or 0, -1),
        "down": lambda: editing.move(draft.document, group, index or 0, 1),
        "switch": lambda: editing.switch(draft.document, index or 0),
        "remove": lambda: editing.take_out(draft.document, group, index or 0),
    }
    if request.method != "POST" or what not in edits or (what == "switch" and group != "triggers"):
        raise Http404
    answer = _edit(request, draft, edits[what](), None)
    return answer or redirect(f"{reverse(CHANGE, args=[draft.pk])}#{group}")


def _act(request: HttpRequest, draft: PolicyDraft) -> HttpResponse:
    """One of the verbs; a refusal is a message on the page."""
    person, at, said = _person(request), clock.now(), request.POST
    reason, revision = said.get("reason", ""), _revision(request, draft)
    verbs: dict[str, Any] = {
        "submit": lambda: policy_drafts.submit(draft, author=person, reason=reason, at=at),
        "publish": lambda: policy_drafts.publish(
            draft, publisher=person, revision=revision, reason=reason, blind=said.get("blind", ""), at=at
        ),
        "send_back": lambda: policy_drafts.send_back(draft, editor=person, note=said.get("note", ""), at=at),
        "discard": lambda: policy_drafts.discard(draft, editor=person, at=at),
        "compare_anew": lambda: policy_drafts.compare_anew(draft, editor=person, at=at),
    }
    if (verb := said.get("verb", "")) not in verbs:
        raise Http404
    try:
        verbs[verb]()
    except (Refusal, PolicyError) as error:
        messages.error(request, _sentences(error))
    else:
        messages.success(request, _said(verb, draft))
    return redirect(CHANGE, draft.pk)


def _said(verb: str, draft: PolicyDraft) -> str:
    if verb == "publish":
        return _("Version %(number)s is in force.") % {"number": draft.version_id}
    return {
        "submit": _("The draft waits for a second person."),
        "send_back": _("The draft can be edited again."),
        "discard": _("The draft is discarded."),
        "compare_anew": _("The draft is held against the version in force."),
    }[verb]


def _store(
    request: HttpRequest, draft: PolicyDraft, place: tuple[str, int | None], parts: RuleParts
) -> HttpResponse | None:
    """Save the rule; ``None`` when it has faults, which then stand beside their fields."""
    group, index = place
    try:
        made = parts.made()
    except PolicyError as error:
        parts.add_text_fault(_sentences(error))
        return None
    document = editing.put(draft.document, group, index, made)
    at = editing.rules(document, group).index(made) if index is None else index
    before = f"/{group}/{at}"
    wrong = [one for one in faults_of(document) if _inside(one.path, before)]
    found = [(one.path.removeprefix(before), reader.said(one.words)) for one in wrong]
    if found:
        parts.add_faults(found)
        return None
    return _edit(request, draft, document, parts.form)


def _inside(path: str, rule_path: str) -> bool:
    return path == rule_path or path.startswith(f"{rule_path}/")


def _edit(request: HttpRequest, draft: PolicyDraft, document: dict[str, Any], form: Any) -> HttpResponse | None:
    try:
        policy_drafts.edit(draft, document, editor=_person(request), revision=_revision(request, draft), at=clock.now())
    except (Refusal, PolicyError) as error:
        if form is None:
            messages.error(request, _sentences(error))
        else:
            form.add_error(None, _sentences(error))
        return None
    messages.success(request, _("Saved in the draft; nothing is in force before it is published."))
    return redirect(CHANGE, draft.pk)


def _given(request: HttpRequest, draft: PolicyDraft, group: str, place: str) -> tuple[int | None, dict[str, Any]]:
    """The rule that is meant, or what a new one begins with."""
    if group not in FORMS:
        raise Http404
    if place == "new":
        chosen = blueprint(request.GET.get("from", "")) if group == "triggers" else None
        return None, chosen.rule if chosen else dict(NEW.get(group, {"name": "", "outcome": "review"}))
    rules = editing.rules(draft.document, group)
    if not place.isdecimal() or int(place) >= len(rules) or not isinstance(rules[int(place)], dict):
        raise Http404
    return int(place), rules[int(place)]


def _example(draft: PolicyDraft, group: str, given: dict[str, Any]) -> str:
    return " ".join(map(reader.said, policies.sentences(group, given, str(draft.document.get("currency", "")))))


def _revision(request: HttpRequest, draft: PolicyDraft) -> int:
    said = request.POST.get("revision", "")
    return int(said) if said.isdecimal() else draft.revision


def _what_if(draft: PolicyDraft) -> str | None:
    try:
        return reverse("what_if", args=[draft.pk])
    except NoReverseMatch:
        return None


def _looked(draft: PolicyDraft) -> dict[str, Any]:
    """What was seen of what exactly this draft would have done, or that somebody should look."""
    look = looked.at(parse(draft.document).document)
    seen = looked.summary(look.report) if look and look.report else {}
    return {"look": look, "seen": seen, "unseen": not look and looked.required(), "recorded": looked.anything()}


def _sentences(error: Refusal | PolicyError) -> str:
    if isinstance(error, Refusal):
        return error.says
    return " ".join(f"{fault.path or '/'}: {reader.said(fault.words)}." for fault in error.faults)


def _draft(draft_id: str) -> PolicyDraft:
    if not draft_id.isdecimal():
        raise Http404
    found: PolicyDraft = get_object_or_404(PolicyDraft.objects.select_related("author", "base", "version"), pk=draft_id)
    return found


def _person(request: HttpRequest) -> Reviewer:
    if not request.user.has_perm("reviewqueue.change_policydraft"):
        raise PermissionDenied
    return cast("Reviewer", request.user)


def _page(request: HttpRequest, site: AdminSite, template: str, context: dict[str, Any]) -> HttpResponse:
    _person(request)
    return render(request, template, site.each_context(request) | context)
