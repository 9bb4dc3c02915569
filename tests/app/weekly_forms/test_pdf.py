"""The weekly report as a PDF: for a screen reader, in Korean, by our fonts, as on the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.app.weekly_forms.printed import fonts, grey, letters, words_of

if TYPE_CHECKING:
    from tests.app.weekly_forms.printed import Printed

FOOT = re.compile(r"^.*· as of .*$|^.* 기준, 발행 전.*$|^\d+ / \d+$", re.MULTILINE)
PAPER = 255
OURS = {"Noto-Sans", "Noto-Sans-Bold", "Nanum-Gothic", "Nanum-Gothic-Bold"} | {"Noto-Sans-Math"}


def pages_of(printed: Printed) -> list[str]:
    """Return what each page says above its foot, without blanks."""
    return [letters(FOOT.sub("", page.extract_text())) for page in printed.reader.pages]


def heads_of(page: str) -> list[str]:
    """Return the heads of its tables: where one goes on, paper has its head again."""
    return [words_of(each) for each in re.findall(r"<thead>.*?</thead>", page, re.DOTALL)]


def test_it_is_a_tagged_document_that_names_itself_and_its_language_ux_15(
    english: Printed, korean: Printed
) -> None:
    for printed, language in ((english, "en"), (korean, "ko")):
        root = printed.root

        assert root["/Lang"] == language
        assert root["/MarkInfo"]["/Marked"]
        assert root["/ViewerPreferences"]["/DisplayDocTitle"]
        assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()
        assert printed.reader.metadata is not None
        title = str(printed.reader.metadata.title)
        assert str(printed.found.week) in title
        assert not [name for name in printed.found.names.values() if name in title]


def test_its_structure_is_that_of_the_page_ux_15(english: Printed) -> None:
    page, kinds = english.page, english.kinds

    assert kinds["H1"] == page.count("<h1") == 1
    assert kinds["H2"] == page.count("<h2")
    assert kinds["Table"] >= page.count("<table") > 3  # one that goes on is one on each page
    assert kinds["TH"] >= page.count("<th ")
    assert kinds["L"] >= 1


def test_every_cell_names_its_headers_and_every_picture_says_what_it_shows_ux_15(
    english: Printed,
) -> None:
    named = {str(each["/ID"]) for each in english.tagged("TH")}

    assert english.tagged("TD")
    for cell in english.tagged("TD"):
        headers = [str(each) for each in cell["/A"].get_object()["/Headers"]]
        assert headers
        assert set(headers) <= named
    assert all(str(each.get("/Alt", "")).strip() for each in english.tagged("Figure"))


def test_it_says_what_the_page_says_letter_by_letter_ux_15(
    english: Printed, korean: Printed
) -> None:
    for printed in (english, korean):
        rest, heads = words_of(printed.page), heads_of(printed.page)
        for number, said in enumerate(pages_of(printed), 1):
            again = next((head for head in heads if said.startswith(head)), "")
            ours = said if rest.startswith(said) else said.removeprefix(again)
            pairs = enumerate(zip(ours, rest, strict=False))
            at = next((n for n, (mine, theirs) in pairs if mine != theirs), 0)

            assert rest.startswith(ours), f"{number}: {ours[at:][:60]} for {rest[at:][:60]}"
            rest = rest.removeprefix(ours)
        assert not rest


def test_korean_is_in_it_as_text_and_set_in_our_own_fonts_ux_17(
    english: Printed, korean: Printed
) -> None:
    assert "적색" in korean.text
    assert fonts(english.reader) | fonts(korean.reader) <= OURS
    assert "Nanum-Gothic" in fonts(korean.reader)


def test_each_page_says_of_which_week_it_is_when_it_was_made_and_how_many_there_are(
    english: Printed,
) -> None:
    count = len(english.reader.pages)

    for number, page in enumerate(english.reader.pages, 1):
        foot = page.extract_text()
        assert f"Riverside, week {english.found.week} · as of " in foot
        assert f"{number} / {count}" in foot
    assert "What the words mean" in english.reader.pages[-1].extract_text()


def test_nothing_is_cut_off_at_the_edge_and_no_page_is_left_empty(
    english: Printed, korean: Printed
) -> None:
    for page in (*grey(english.pdf), *grey(korean.pdf)):
        height, width = page.shape
        edge = round(width * 10 / 210)  # 10 mm of the margin of 15
        inner = page[: round(height * 0.93)]

        assert page[:, :edge].min() == page[:, -edge:].min() == PAPER
        assert page[:edge].min() == page[-edge // 2 :].min() == PAPER
        assert (inner < PAPER - 60).mean() > 0.002


def test_a_tier_is_told_by_word_and_by_shape_without_colour(english: Printed) -> None:
    """UX-10, and a printer that has black alone: its shape is drawn and dark enough."""
    darkest = [int(page.min()) for page in grey(english.pdf)]

    assert all(each in english.text for each in ("RED", "AMBER", "YELLOW"))
    assert max(darkest) < 80
    assert english.page.count('aria-hidden="true" viewBox="0 0 16 16"') >= 4
