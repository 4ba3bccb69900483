from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewQueueConfig(AppConfig):
    name = "reviewqueue"
    verbose_name = _("Review desk")

    def ready(self) -> None:
        # Registers the system checks; nothing else happens at start.
        from reviewqueue import checks  # noqa: F401, PLC0415
