"""Views that people keep."""

import pytest

from audit.models import Entry
from reviewqueue.domain import saved_views
from reviewqueue.models import SavedView
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_view_is_kept_under_its_name_and_the_record_says_so_without_its_words() -> None:
    person, at = factories.person(), factories.now()
    view = saved_views.save(person, name="  Late   refunds ", query="q=maya", at=at)
    assert (view.name, view.query, view.owner_id, view.created_at) == ("Late refunds", "q=maya", person.pk, at)
    entry = Entry.objects.get(kind="user.view_saved")
    assert (entry.subject, entry.data) == (f"user:{person.reference}", {"view": view.pk})


def test_a_name_that_is_used_again_means_the_new_choice() -> None:
    person, other, at = factories.person(), factories.person(), factories.now()
    first = saved_views.save(person, name="Mine", query="view=mine", at=at)
    again = saved_views.save(person, name="Mine", query="lane=billing", at=at)
    saved_views.save(other, name="Mine", query="", at=at)
    assert (again.pk, again.query, SavedView.objects.count()) == (first.pk, "lane=billing", 2)


@pytest.mark.parametrize(
    ("name", "query"),
    [("", ""), ("  ", ""), ("x" * 61, ""), ("a\u202eb", ""), ("\x00", ""), ("fine", "q=" + "x" * 999)],
)
def test_what_cannot_be_kept_is_refused(name: str, query: str) -> None:
    with pytest.raises(Refusal) as refused:
        saved_views.save(factories.person(), name=name, query=query, at=factories.now())
    assert (refused.value.slug, SavedView.objects.count()) == ("invalid-request", 0)


def test_nobody_keeps_more_views_than_a_list_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MOST", 2)
    person, at = factories.person(), factories.now()
    for name in ("a", "b", "a"):
        saved_views.save(person, name=name, query="", at=at)
    with pytest.raises(Refusal) as refused:
        saved_views.save(person, name="c", query="", at=at)
    assert refused.value.says == "You keep 2 views already; delete one first."


def test_ones_own_view_can_be_deleted_and_no_other() -> None:
    person, at = factories.person(), factories.now()
    view = saved_views.save(person, name="Mine", query="", at=at)
    with pytest.raises(Refusal) as refused:
        saved_views.delete(factories.person(), view_id=view.pk, at=at)
    assert refused.value.slug == "not-found"
    saved_views.delete(person, view_id=view.pk, at=at)
    assert (SavedView.objects.count(), Entry.objects.filter(kind="user.view_deleted").count()) == (0, 1)
