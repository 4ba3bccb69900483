from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "hitl.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        # Signing in stamps the session; that must not depend on a middleware having been loaded first.
        from hitl.accounts import checks, sessions  # noqa: F401, PLC0415 - they need the models, and register themselves
