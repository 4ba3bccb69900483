"""Fields whose name alone does not say enough, explained where they are filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpRequest


class Explained:
    """Gives fields that say nothing of themselves the text that stands under their name in ``explains``."""

    explains: Mapping[str, Any] = {}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        """The field, explained."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc] # the admin's, beside which it is mixed in
        if field is not None and not field.help_text:
            field.help_text = self.explains.get(db_field.name, "")
        return field
