"""The report of a journal that is damaged, forged or absurd: told, escaped, and no traceback."""

import functools
from html.parser import HTMLParser

import pytest
from frames import chain
from played import Played
from played_events import EVENTS
from reported import payloads_of, text_of

from evenpulse.base.markup import Markup, joined, tag


def test_a_journal_that_is_not_whole_is_told_at_the_top_and_in_detail_and_ends_with_1(report):
    frames = Played().prescribe().session().frames()
    told, page = report(None, frames=frames[:4] + frames[5:], code=1)
    assert told["journal"]["findings"] == [
        {"serial": "E66", "record": 5, "kind": "removed", "what": "is not there"}
    ]
    read = text_of(page)
    assert (
        "The journal is not whole" in read
        and "Journal verified" not in read
        and "is not there" in read
    )


# Values that no firmware writes, for any field of any record: a CRC that holds proves nothing about
# who wrote it.
ABSURD = [
    None,
    True,
    -1,
    10**40,
    10**400,
    1.5,
    1e308,
    "",
    "x" * 200,
    "\ud800",
    "\x00\x1b[2J",
    [],
    [1, 2, 3],
    [10**400],
    [None],
    {},
    {"a": [1]},
    [[[]]],
]


@functools.cache
def _of_most_events():
    """What a device has written to which much happened."""
    device = EVENTS["fault"](EVENTS["rating"](Played().prescribe()).sleep(2_000))
    for event in ("button_stuck", "self_test", "calibration"):
        EVENTS[event](device)
    return device.off().on().payloads()


@pytest.mark.parametrize("value", ABSURD, ids=[repr(one)[:20] for one in ABSURD])
def test_found_one_absurd_field_ends_no_command_with_a_traceback(run, tmp_path, good_toml, value):
    """Each field of each event that was played, one after another, in report, list, export and
    the list of patients.
    """
    payloads, frames = _of_most_events(), []
    seen = {(one["e"], field): number for number, one in enumerate(payloads) for field in one}
    changed = [dict(one) for one in payloads]
    for (_event, field), number in seen.items():
        changed.append(payloads[number] | {field: value})
    for one in changed:
        try:
            chain([one])
        except ValueError:
            # Longer than a record can be
            continue
        frames.append(one)
    file = tmp_path / "E66.journal"
    file.write_bytes(b"".join(chain(frames)))
    page = tmp_path / "r.html"
    for words_ in (
        ("report", "--archive", file, "-o", page, "--force", "--json", "--prescription", good_toml),
        ("report", "--archive", file, "--json", "--tz", "+14:00"),
        ("log", "list", "--archive", file),
        ("log", "list", "--archive", file, "--json"),
        ("log", "export", "--archive", file),
        ("log", "export", "--archive", file, "--json"),
        ("log", "verify", "--archive", file),
        ("patients", "--archive", tmp_path),
    ):
        outcome = run(*words_)
        assert (
            outcome.code in (0, 1)
            and "Traceback" not in outcome.err
            and "unexpected" not in outcome.err
        ), outcome.err
    assert "not as this version" in text_of(page.read_text())


def test_payloads_that_are_no_record_never_break_it(report):
    payloads = [
        {},
        {"e": None},
        {"e": ["boot"]},
        {"e": "start"},
        {"e": "end"},
        {"e": "rating"},
        {"e": "fault"},
        {"e": "prescription"},
        {"e": "new", "what": 1},
    ]
    for prescription in (True, False):
        told, page = report(None, frames=chain(payloads), prescription=prescription)
        assert (
            told["journal"]["records"]
            == len(payloads)
            == told["records_not_as_written_by_this_version"]
        )
    assert "new: not known to this version" in text_of(page)


class _Loads(HTMLParser):
    """Collects what a page would fetch or run, and whether its elements close."""

    def __init__(self):
        super().__init__()
        self.fetches, self.open = [], []

    def handle_starttag(self, name, attributes):
        self.fetches += [
            (name, key)
            for key, _ in attributes
            if key in ("src", "href", "srcset", "data", "action") or key.startswith("on")
        ]
        if name in ("script", "link", "iframe", "object", "embed", "img"):
            self.fetches.append((name, ""))
        if name != "meta":
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name


_HOSTILE = '<script>"$body'


def test_the_page_is_closed_well_formed_and_escaped(report, tmp_path):
    device = EVENTS["fault"](EVENTS["rating"](Played().prescribe()).sleep(2_000))
    EVENTS["button_stuck"](device)
    frames = payloads_of(
        device,
        lambda one: {
            k: _HOSTILE
            if isinstance(v, str) and (k, one["e"]) != ("e", "start") and k not in ("e", "key")
            else v
            for k, v in one.items()
        },
    )
    for rx in (True, False):
        _, page = report(None, prescription=rx, frames=frames)
        reader = _Loads()
        reader.feed(page)
        assert reader.fetches == [] and reader.open == []
        assert "url(" not in page and "http" not in page and "@import" not in page
        assert "&lt;script&gt;" in page and "$body" in page and "<script" not in page


def test_markup_escapes_what_it_did_not_make():
    assert (
        tag("p", "a<b", Markup("<b>"), None, ["&", tag("i", 1)], class_='"')
        == '<p class="&quot;">a&lt;b<b>&amp;<i>1</i></p>'
    )
    assert joined(False, None, 0, "") == "0"
