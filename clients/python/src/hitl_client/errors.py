"""Everything that can go wrong between the agent and the desk."""

from dataclasses import dataclass

from hitl_client.case import Case


class DeskError(Exception):
    """The root of this package's errors."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a request: where (JSON pointer) and what."""

    pointer: str
    detail: str


class Problem(DeskError):  # noqa: N818 - the wire calls it a problem
    """The desk refused. `slug` is the stable name, such as `dedupe-conflict`; `detail` a sentence to act on."""

    def __init__(
        self,
        *,
        status: int,
        slug: str = "",
        title: str = "",
        detail: str = "",
        errors: tuple[Fault, ...] = (),
        request_id: str = "",
    ) -> None:
        self.status = status
        self.slug = slug
        self.title = title
        self.detail = detail
        self.errors = errors
        self.request_id = request_id
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        says = self.detail or self.title or "the desk refused without a reason"
        places = "".join(f"; {fault.pointer}: {fault.detail}" for fault in self.errors)
        return f"{self.status} {self.slug or 'problem'}: {says}{places}"


class UnreachableError(DeskError):
    """No answer, also after the retries. What was asked may or may not have happened; asking again is safe."""


class UnreadableError(DeskError):
    """The desk answered with success, but not in the words of this wire."""


class StillPendingError(DeskError, TimeoutError):
    """The time to wait is over and nobody has decided; the case stays open. `case` is its last known state."""

    def __init__(self, case: Case) -> None:
        self.case = case
        super().__init__(f"{case.id} is still {case.status} (version {case.version})")


class OutcomeUnknownError(Exception):
    """Raise it in an executor when it cannot be known whether the action took effect."""
