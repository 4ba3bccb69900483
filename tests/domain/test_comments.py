"""Comments: in the timeline, for colleagues alone."""

import pytest

from reviewqueue.domain import comments
from reviewqueue.models import Case
from reviewqueue.queries import briefing
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_comment_stands_in_the_timeline_and_moves_nothing() -> None:
    ana = factories.person(first_name="Ana", last_name="Ruiz")
    case = factories.claimed(factories.person())
    before, seen = case.version, briefing.seen_digest(case)
    comments.comment(case, person=ana, text=" The warehouse calls back at noon. ", at=factories.now())
    after = Case.objects.get()
    assert (after.state, after.version, briefing.seen_digest(after)) == ("claimed", before, seen)
    last = briefing.timeline(after)[-1]
    assert (last.kind, last.sentence) == (
        "case.commented",
        "Ana R. left a comment: The warehouse calls back at noon.",
    )


def test_a_case_that_is_done_can_still_be_commented() -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    factories.decide(case, reviewer)
    comments.comment(case, person=factories.person("qa_lead"), text="Well done.", at=factories.now())
    assert briefing.timeline(case)[-1].data["text"] == "Well done."


def test_an_empty_comment_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        comments.comment(factories.case(), person=factories.person(), text=" \n", at=factories.now())
    assert (refused.value.slug, refused.value.errors) == (
        "invalid-request",
        ({"pointer": "/text", "detail": "Write the comment."},),
    )


@pytest.mark.parametrize(("fields", "slug"), [({"queues": ["other"]}, "not-found"), ({"role": "admin"}, "not-found")])
def test_who_does_not_see_the_case_cannot_comment_it(fields: dict[str, object], slug: str) -> None:
    with pytest.raises(Refusal) as refused:
        comments.comment(factories.case(), person=factories.person(**fields), text="x", at=factories.now())
    assert refused.value.slug == slug
