"""A refusal is a sentence: what every verb raises when it will not do what it was asked."""

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error of the program
    """``slug`` is stable and names the problem type, ``says`` is a sentence that a person can act on.

    ``errors`` are ``{"pointer", "detail"}`` entries; ``extra`` joins the problem document (never secrets).
    """

    def __init__(
        self,
        slug: str,
        says: str,
        *,
        errors: tuple[Mapping[str, str], ...] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(says)
        self.slug = slug
        self.says = says
        self.errors = errors
        self.extra = dict(extra or {})
