"""What the product knows about the length of its chains: the ledger alone cannot show that its end was cut off."""

from collections.abc import Iterator

from reviewqueue.models import Case, Conversation


def of_cases() -> Iterator[tuple[str, int]]:
    """The ledger's name of each case and the number of its last entry."""
    for case_id, seq in Case.objects.order_by("pk").values_list("pk", "ledger_seq").iterator():
        yield f"case:{case_id}", seq


def of_conversations() -> Iterator[tuple[str, int]]:
    """The same for each conversation of which something was told by the live feed."""
    heard = Conversation.objects.filter(ledger_seq__gt=0).order_by("pk").values_list("pk", "ledger_seq")
    for pk, seq in heard.iterator():
        yield f"conversation:{pk}", seq
