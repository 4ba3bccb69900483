"""Views that people keep: a name for a choice of filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from reviewqueue.domain.people import by, record
from reviewqueue.models import SavedView
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer

MOST = 40
_LONGEST_NAME, _LONGEST_QUERY = 60, 1000


@transaction.atomic
def save(person: Reviewer, *, name: str, query: str, at: datetime) -> SavedView:
    """Keep the choice ``query`` under a name; a name that the person has used already means the new choice from now on.

    Refused (``invalid-request``): a name that is empty, too long or not printable, and more views than a list can hold.
    """
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Refusal("invalid-request", _("Give the view a name of at most %d characters.") % _LONGEST_NAME)
    if len(query) > _LONGEST_QUERY:
        raise Refusal("invalid-request", _("This choice is too long to be kept."))
    own = SavedView.objects.filter(owner_id=person.pk)
    if own.exclude(name=name).count() >= MOST:
        raise Refusal("invalid-request", _("You keep %d views already; delete one first.") % MOST)
    view, _new = own.update_or_create(
        owner_id=person.pk, name=name, defaults={"query": query}, create_defaults={"query": query, "created_at": at}
    )
    record(person, "user.view_saved", actor=by(person), at=at, body={"view": view.pk})
    return view


@transaction.atomic
def delete(person: Reviewer, *, view_id: str, at: datetime) -> None:
    """Forget one's own view; one that is not there is refused (``not-found``)."""
    gone, _by_model = SavedView.objects.filter(owner_id=person.pk, pk=view_id).delete()
    if not gone:
        raise Refusal("not-found", _("There is no such view."))
    record(person, "user.view_deleted", actor=by(person), at=at, body={"view": view_id})
