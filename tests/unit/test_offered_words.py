"""What is to be accepted, as the screen shows it: whole, and in letters that can be read."""

import pytest
from samples import document, program
from worded import LANGUAGES, fits

from stimcore import prescription, texts
from stimcore.acceptance import Acceptance, calibration_pages, prescription_pages, update_pages
from stimcore.layout import SMALL


def dated(rx, said):
    return prescription_pages(
        rx,
        said,
        [[said["sets_date"], "2026-11-22"], [said["had_date"], "2026-11-20"], [said["in_force"]]],
    )


def offered(pages, what, language="en"):
    waiting = Acceptance(pages)
    waiting.offer(0, what, texts.Texts(language).said)
    return [waiting.screen(ms) for ms in range(0, 60_000, 3_000)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_found_what_is_to_be_accepted_fits_and_is_not_in_the_smallest_letters(language):
    rx = prescription.from_toml_dict(
        document(
            program(name="Kr\xe4ftigung"),
            program(name="A name of a line and more", channels=[2]),
            language=language,
            labels={"ch1": "Left calf"},
            id="rx-2026-0001-of-clinic",
        )
    )
    for rows in offered(dated, rx, language):
        assert fits(rows)
        assert any("rx-2026" in row[3] for row in rows) or all(
            font is not SMALL for font, _, _, _ in rows
        ), rows
    words = " ".join(text for rows in offered(dated, rx, language) for _, _, _, text in rows)
    for part in ("Kr\xe4ftigung", "P-017", "30 mA", "Left calf", "SELECT", "DOWN"):
        assert part in words, part
    for rows in offered(
        update_pages,
        {"from": "1.2.3+dev", "version": "1.10.0-rc.1+dev", "sha256": "ab" * 32},
        language,
    ):
        assert fits(rows) and all(font is not SMALL for font, _, _, _ in rows)
    for rows in offered(
        calibration_pages, {"channel": 2, "gain_permyriad": -1_000, "offset_ua": -1_000}, language
    ):
        assert fits(rows) and all(font is not SMALL for font, _, _, _ in rows)
