"""docs/reference is what the tables say, and what a device answers."""

import pytest
from played import Played

from evenpulse.journal.entries import TABLE
from evenpulse.reference import journal, link
from evenpulse.reference.__main__ import PAGES
from stimcore import board_facts, fields, presets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_what_its_table_says(page):
    assert page.read_text(encoding="utf-8") == PAGES[page](), (
        f"docs/reference/{page.name} is not what its table says: .venv/bin/python -m "
        f"evenpulse.reference writes it"
    )


def test_found_every_event_of_the_journal_has_its_place():
    assert journal.text().count("\n## ") == len(TABLE) + 1


def test_every_key_preset_and_role_has_its_row():
    text = {page.stem: page.read_text(encoding="utf-8") for page in PAGES}
    keys = [row[0] for rows in (fields.TOP, fields.CAPS, fields.PROGRAM) for row in rows]
    assert all(f"| `{name}` |" in text["prescription"] for name in (*keys, *presets.PRESETS))
    facts = [row[0] for row in board_facts.NUMBERS]
    assert all(
        f"| `{name}` |" in text["board"] for name in (*facts, "HV_EN", "CH2_SENSE", "BTN_STOP")
    )


def test_the_links_methods_are_those_that_a_device_has():
    answer = Played().ask("no_such")
    assert sorted(link.METHODS) == answer["error"]["data"]["methods"]


def test_the_fields_of_answers_are_those_that_a_device_gives(run):
    device = Played()
    # Of MicroPython's gc alone.
    device.device.free_bytes = lambda: 150_000
    status = device.ask("status")["result"]
    assert list(link.STATUS) == list(status)
    # The command shows both answers, and the port that it asked.
    shown = run("info", "--port", "twin:", "--json").json
    assert {*link.INFO, *link.STATUS, "port"} == set(shown)
