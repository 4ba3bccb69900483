"""Secrets that can be read again, by this desk alone."""

import pytest
from cryptography.fernet import InvalidToken
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from hitl.accounts.sealing import seal, unseal


@given(st.text())
def test_what_is_sealed_comes_back(text: str) -> None:
    assert unseal(seal(text)) == text


def test_it_is_sealed_differently_each_time() -> None:
    assert seal("JBSWY3DP") != seal("JBSWY3DP")


def test_another_desk_cannot_read_it(settings: Settings) -> None:
    sealed = seal("JBSWY3DP")
    settings.SECRET_KEY = "another desk's key, which is long enough"
    with pytest.raises(InvalidToken):
        unseal(sealed)


def test_a_desk_whose_key_was_renewed_reads_it_with_the_old_one(settings: Settings) -> None:
    sealed = seal("JBSWY3DP")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another desk's key, which is long enough"
    assert unseal(sealed) == "JBSWY3DP"
