from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from audit import heads


class ReviewQueueConfig(AppConfig):
    name = "reviewqueue"
    verbose_name = _("Review desk")

    def ready(self) -> None:
        # All need the models, which exist only now.
        from reviewqueue import checks  # noqa: F401, PLC0415 - the same; it registers itself
        from reviewqueue.models import canary_guards, factblock, wordindex  # noqa: PLC0415 - the same
        from reviewqueue.queries.heads import of_cases, of_conversations  # noqa: PLC0415 - the same

        heads.register("case:", of_cases)
        heads.register("conversation:", of_conversations)
        post_migrate.connect(wordindex.restore, sender=self)
        post_migrate.connect(factblock.restore, sender=self)
        post_migrate.connect(canary_guards.restore, sender=self)
