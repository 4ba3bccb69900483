"""The memory: an append-only ledger that can prove itself."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """The ledger's app; its append-only guards are put back after every migration."""

    name = "audit"
    label = "audit"
    verbose_name = _("Audit ledger")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for migrations: SQLite rebuilds a table to alter it, and its triggers go with the old one."""
        from audit import guards  # noqa: PLC0415 -- models cannot be touched before the apps are loaded

        post_migrate.connect(guards.restore, sender=self, dispatch_uid="audit.guards.restore")
