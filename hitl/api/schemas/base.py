"""What all bodies have in common."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# Wide enough for every customer, and far enough from the ends of the calendar to reckon with.
_FIRST: Final = datetime(1900, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(3000, 1, 1, tzinfo=UTC)


class Sent(BaseModel):
    """A part of a request."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answered(BaseModel):
    """A part of an answer; it documents what the desk builds by hand, and tests hold both together."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Empty(Sent):
    """Nothing to say: ``{}`` or no body at all."""


NOTHING: Final = Empty()


def moment(text: str) -> str:
    """Check an RFC 3339 time with its offset; it stays text, as sent."""
    if not _RFC3339.fullmatch(text):
        raise ValueError("Send a time as RFC 3339 with its offset, such as 2026-11-20T12:00:00Z.")
    try:
        read = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise ValueError(f"This time does not exist: {error}.") from error
    if not _FIRST <= read <= _LAST:
        raise ValueError("A time lies between the years 1900 and 3000.")
    return text


def day(text: str) -> str:
    """Check a date, or a time."""
    if not _DATE.fullmatch(text):
        return moment(text)
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"This day does not exist: {error}.") from error
    return text


Moment = Annotated[str, AfterValidator(moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Day = Annotated[str, AfterValidator(day), WithJsonSchema({"type": "string", "examples": ["2023-05-01"]})]
Json = Any
JsonObject = dict[str, Any]
Share = Annotated[float, Field(ge=0, le=1)]
Feeling = Annotated[float, Field(ge=-1, le=1)]
CaseId = Annotated[str, Field(min_length=1, max_length=100)]
Version = Annotated[str, Field(max_length=100)]


class Money(Sent):
    """An exact amount."""

    amount: Annotated[str, Field(pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,12})?$", examples=["350.00"])]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217", examples=["EUR"])]
