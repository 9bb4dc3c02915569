from __future__ import annotations

import pytest

from app.messages import untranslated
from ingest.context.repository import medicine_classes
from monitoring.catalogue import ENGLISH, LANGUAGES
from tests.rulebook import RULEBOOK

OTHER_LANGUAGES = [language for language in LANGUAGES if language != ENGLISH]


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_a_language_lacks_no_message(language: str) -> None:
    """UX-17: every message that words are made of, from code, data and vocabulary."""
    assert untranslated(RULEBOOK, medicine_classes(), language) == []


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_a_message_that_is_new_would_be_missed(language: str) -> None:
    assert untranslated(RULEBOOK, ["a medicine of tomorrow"], language) != []
