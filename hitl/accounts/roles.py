"""Which role may do what: the one place where roles become permissions."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from reviewqueue.rules import Permission


class Role(models.TextChoices):
    REVIEWER = "reviewer", _("Reviewer")
    SUPERVISOR = "supervisor", _("Supervisor")
    QA_LEAD = "qa_lead", _("QA lead")
    ADMIN = "admin", _("Administrator")
    AUDITOR = "auditor", _("Auditor")


_REVIEWER = frozenset({Permission.SEE_OWN_QUEUES, Permission.DECIDE, Permission.TAKE_OVER})
PERMISSIONS: Final[dict[str, frozenset[Permission]]] = {
    Role.REVIEWER: _REVIEWER,
    Role.SUPERVISOR: _REVIEWER
    | {Permission.SEE_ALL_QUEUES, Permission.SUPERVISE, Permission.STOP, Permission.PAUSE, Permission.SEE_TIMELINE}
    | {Permission.APPROVE_CATEGORY, Permission.COACH, Permission.SEE_INSIGHT, Permission.MEND_GAPS},
    Role.QA_LEAD: frozenset({Permission.SEE_ALL_QUEUES, Permission.SEE_TIMELINE, Permission.COACH})
    | {Permission.REVIEW_QUALITY, Permission.LEAD_QUALITY, Permission.SEE_INSIGHT, Permission.MEND_GAPS},
    # An administrator sets the rules and sees no customer's text.
    Role.ADMIN: frozenset({Permission.CONFIGURE, Permission.PAUSE, Permission.SEE_INSIGHT}),
    Role.AUDITOR: frozenset({Permission.SEE_ALL_QUEUES, Permission.SEE_TIMELINE, Permission.EXPORT_AUDIT}),
}
