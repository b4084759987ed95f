"""Every text of the screen: there in each language, with the same places to fill, and short
enough for large letters.
"""

import pytest

from stimcore import interlock, layout, texts
from stimcore.texts import LANGUAGES, Texts

REASONS = [row[0] for row in interlock.REASONS[1:]]
# As long as a name may be
LABEL = "Left calf."


def places(text):
    return [text[i : i + 2] for i in range(len(text)) if text[i] == "%"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_found_every_reason_says_what_happened_what_to_do_and_how_to_go_on(language):
    """Nine of nineteen said nothing of how to go on."""
    words = Texts(language)
    for reason in REASONS:
        assert all(part.strip() for part in words.message(reason)), reason


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_languages_have_the_same_rows_with_the_same_places(language):
    table, english = texts._TABLES[language], texts._TABLES["en"]
    for name in ("MESSAGES", "SAID"):
        mine, theirs = getattr(table, name), getattr(english, name)
        assert [row[0] for row in mine] == [row[0] for row in theirs]
        assert [[places(part) for part in row] for row in mine] == [
            [places(part) for part in row] for row in theirs
        ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_found_a_message_fits_its_two_pages_in_letters_of_16_dots(language):
    words = Texts(language)
    for row in texts._TABLES[language].MESSAGES:
        happened, do, go_on = words.message(row[0], LABEL)
        first, second = layout.block([happened], 24, 40), layout.block([do, go_on], 0, 64)
        for rows, said in ((first, happened), (second, do + " " + go_on)):
            assert all(font is not layout.SMALL for font, _, _, _ in rows), (row[0], rows)
            assert " ".join([line for _, _, _, line in rows]) == said, (row[0], rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_found_no_engineers_words(language):
    for row in texts._TABLES[language].MESSAGES:
        assert all(
            word not in " ".join(row[1:]) for word in ("USB", "line", "interlock", "Interlock")
        ), row


def test_letters_are_the_largest_that_break_no_word():
    """HZ12: ten letters of 12 dots stand in a line, sixteen of 8, twenty-one of 6."""
    for word, font in (
        ("Quadriceps", layout.LARGE),
        ("Unterschenkel", layout.MEDIUM),
        ("Gastrocnemiusmuskel", layout.SMALL),
    ):
        for texts_ in ([word], ["on", word]):
            rows = layout.block(texts_, 0, 64)
            assert [row[0] for row in rows] == [font] * len(texts_) and rows[-1][3] == word


def test_found_a_held_start_always_says_what_it_does():
    """ "Hold START" led to a screen that said "Hold START" again, with another meaning."""
    meanings = {
        words for row in texts._TABLES["en"].MESSAGES for words in row[1:] if "START" in words
    }
    meanings.update(words for _, words in texts._TABLES["en"].SAID if "Hold START" in words)
    assert meanings == {
        "Hold START to go back.",
        "Hold START to test it.",
        "Hold START to begin",
        "Hold START to go on.",
    }


def test_a_name_without_a_row_is_a_programming_error():
    with pytest.raises(KeyError):
        Texts().message("no such reason")


def test_a_channel_that_is_not_known_leaves_a_whole_sentence():
    assert Texts().message("lead_off")[0] == "Pad off or dry"
    assert Texts("fr").message("lead_off", "Mollet")[0] == "Patch décollé : Mollet"
