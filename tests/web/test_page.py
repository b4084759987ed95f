"""The page's files: each text in each language, nothing inline, nothing from elsewhere, small."""

import gzip
import json
import re
from pathlib import Path

import pytest
from stimcore import records
from stimcore.interlock import REASONS
from stimcore.states import STATES
from stimcore.texts import LANGUAGES

from evenpulse.scenario.events import EVENTS
from evenpulse.twin import states
from evenpulse.web import begin, seen, trips
from evenpulse.web.assets import Assets
from evenpulse.web.recording import NOT_OFFERED

PAGE = Path(begin.__file__).with_name("page")
HTML = (PAGE / "index.html").read_text()
SCRIPTS = {file.name: file.read_text() for file in PAGE.glob("*.js")}
# Bytes, compressed
SCRIPT_BYTES_MAX = 60_000
# Fields that the device names when an offer is not its clinic's (app/authentic.py).
NOT_THE_CLINICS = ("key", "signature")
_NAMESPACE = "http://www.w3.org/2000/svg"


def words(language):
    return json.loads((PAGE / f"words.{language}.json").read_text())


def wanted():
    """Every key that the page asks for."""
    said = set(re.findall(r'data-t="(\w+)"', HTML))
    for text in SCRIPTS.values():
        said |= set(re.findall(r'\bt\("([\w-]+)"', text))
        said |= {
            key
            for pair in re.findall(r'\bt\([\w.\[\]]+ \? "(\w+)" : "(\w+)"', text)
            for key in pair
        }
        said |= set(re.findall(r'\["(fault_\w+)"', text))
        said |= set(re.findall(r'(?<!\.)\b(?:field|act)\("(\w+)"', text))
    said |= {f"state_{name}" for name in (*STATES, states.OFF)}
    said |= {f"because_{field}" for field in NOT_THE_CLINICS}
    said |= {f"layer_{name}" for name in trips.LAYERS}
    said |= {
        f"field_{seen.key(field)}" for name, *_ in records.EVENTS for field in seen.shown(name)
    }
    said |= {f"value_{word.replace(' ', '_')}" for word in of_lists()}
    steps = begin.tour(begin.TOUR / "prescription.toml", "nmes2")
    return said | {f"tour_{step}{rest}" for step in steps for rest in ("", "_watch")}


def of_lists():
    """The words that the table gives for the fields whose values the page shows in words."""
    (keys,) = re.findall(r"\bWORDS = (\[.*?\])", SCRIPTS["app.js"])
    for name, *_ in records.EVENTS:
        for field in seen.shown(name):
            if seen.key(field) in json.loads(keys):
                # what of an exception is its own text
                listed = field.unit or (field.says if name != "exception" else "")
                yield from re.split(r", | or ", listed) if listed else ()


def wanted_beside_english():
    """What English takes from the firmware's own tables."""
    events = {f"event_{name}" for name, *_ in records.EVENTS}
    return events | {f"reason_{name}" for name, _ in REASONS[1:]}


def test_every_language_says_all_that_is_asked_for_and_nothing_else():
    english = words("en")
    assert wanted() == set(english)
    for language in LANGUAGES:
        own = words(language)
        assert set(own) - set(english) == (wanted_beside_english() if language != "en" else set())
        assert set(english) <= set(own)
        for key, text in own.items():
            assert text.strip(), key
            if key not in english:
                continue
            places = [sorted(re.findall(r"\{\d\}", one)) for one in (text, english[key])]
            assert places[0] == places[1], f"{language} {key}"


def test_whatever_may_cause_a_stop_is_told_in_words():
    """A button by its name, every event that the page offers in the words of what one presses for
    it. What comes from a scenario alone has its own name (`caused` in story.js).
    """
    (table,) = re.findall(r"const CAUSES = \{(.*?)\}", SCRIPTS["story.js"], re.S)
    causes = dict(re.findall(r'(\w+): "(\w+)"', table))
    offering = "".join(text for name, text in SCRIPTS.items() if name != "story.js")
    events = (name for name, kind in EVENTS.items() if "button" not in kind.must)
    offered = {name for name in events if f'"{name}"' in offering}
    assert len(offered) > 10 and not offered & {*NOT_OFFERED, "advance"}
    assert set(causes) == offered
    assert set(causes.values()) <= set(words("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_offers_every_language(language):
    assert f'<option value="{language}">' in HTML


def test_nothing_is_inline_and_nothing_comes_from_elsewhere():
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*src=)", HTML)
    for name, text in {"index.html": HTML, **SCRIPTS}.items():
        addresses = re.findall(
            r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'`]*", re.sub(r"(?m)^\s*//.*", "", text)
        )
        assert set(addresses) <= {_NAMESPACE}, name
        assert "innerHTML" not in text and "eval(" not in text, name


def test_the_script_is_small():
    assert len(gzip.compress("".join(SCRIPTS.values()).encode())) <= SCRIPT_BYTES_MAX


def test_one_hash_for_all_files_of_a_release(tmp_path):
    for name in ("a.js", "b.css"):
        (tmp_path / name).write_text(name)
    first = Assets(tmp_path)
    (tmp_path / "b.css").write_text("another")
    other = Assets(tmp_path)
    assert first.base != other.base
    digest = first.base.rpartition("/")[2]
    assert first.file(digest, "a.js").body == b"a.js" and other.file(digest, "a.js") is None
    assert first.file(digest, "../assets.py") is None
