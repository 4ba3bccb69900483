"""The API object: Ninja routes and describes, the door lets in, problems answer whatever goes wrong."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from hitl.api import (
    bodies,
    braking,
    cases,
    conversations,
    events,
    gaps,
    grants,
    insights,
    knowledge,
    policies,
    problems,
    proposals,
    quality,
    review,
)

ABOUT = """\
What an AI agent must not do alone, a person decides here. The agent proposes and waits; a person (or the policy) rules;
what may run is redeemed once and reported. See /problems/ for everything that can be refused.
"""

desk = NinjaAPI(
    title="Review desk",
    version="1",
    description=ABOUT,
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
    parser=bodies.StrictParser(),
)


def _answer(request: HttpRequest, error: Any) -> HttpResponse:
    return problems.of(error, request)


# Ninja has handlers of its own for the last three.
for kind in (Exception, Http404, HttpError, ValidationError):
    desk.add_exception_handler(kind, _answer)
_AGENTS = (proposals.router, cases.router, events.router, grants.router, conversations.router, knowledge.router)
_PEOPLE = (review.router, policies.router, braking.router, insights.router, quality.router, gaps.router)
for router in (*_AGENTS, *_PEOPLE):
    desk.add_router("", router)
