from django.apps import AppConfig
from django.conf import settings


class HitlConfig(AppConfig):
    name = "hitl"

    def ready(self) -> None:
        """With PostgreSQL, long statements are kept; with Redis, every change rings the other processes."""
        if not settings.EMBEDDED:
            from hitl import long_statements  # noqa: PLC0415 - the embedded desk does without

            long_statements.keep()
        if settings.REDIS_URL:
            from hitl import redis_bell  # noqa: PLC0415 - the embedded desk does without
            from reviewqueue import wake  # noqa: PLC0415 - its models exist only now

            wake.connect(redis_bell.Publisher(settings.REDIS_URL).ring)
