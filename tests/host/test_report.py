"""`evenpulse report`: its numbers against treatments whose numbers are known, its page closed and escaped."""

import json
import re
import sys
from html.parser import HTMLParser

import pytest
from fake_device import chain as served
from pypdf import PdfReader
from sample_journal import Treatment, chain
from sample_prescription import GOOD_TOML

from evenpulse.report import treatment as treatments
from evenpulse.report.markup import Markup, joined, tag
from stimcore.interlock import REASONS


@pytest.fixture
def report(run, tmp_path, good_toml):
    """Write a treatment's journal and report; gives (its JSON, its HTML)."""

    def _report(treatment, *more, prescription=True, frames=None):
        file = tmp_path / "E66.journal"
        file.write_bytes(b"".join(frames or treatment.frames()))
        page = tmp_path / "report.html"
        rx = ("--prescription", good_toml) if prescription else ()
        outcome = run("report", "--archive", file, "-o", page, "--force", "--json", *rx, *more)
        assert outcome.code == 0, outcome.err
        return json.loads(outcome.out), page.read_text()

    return _report


def entries(treatment):
    return [{"seq": n, **payload, "linked": True} for n, payload in enumerate(treatment.payloads, 1)]


def text_of(page):
    """What a reader sees, in one line."""
    body = re.sub(r"<style>.*?</style>", " ", page, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_the_numbers_of_three_days(report):
    """Three sessions complete in three days of up to three each; 80 pps for 20 min are 96 000 pulses; 100 us of 12 mA are 1.2 uC."""
    treatment = Treatment().prescribed()
    for day, (before, after) in enumerate([(8, 5), (7, 6), (6, 4)]):
        treatment.until(day).session(before=before, after=after, skin="fine")
    told, page = report(treatment)
    assert (told["patient"], told["prescription"], told["counter"], told["serial"]) == ("P-017", "rx-0001", 1, "E66")
    assert (told["first_day"], told["last_day"], told["days"]) == ("2026-11-22", "2026-11-24", 3)
    assert (told["sessions_complete"], told["sessions_started"], told["sessions_prescribed_max"]) == (3, 3, 9)
    assert told["pulses"] == [288_000, 288_000] and told["charge_uc"] == [345_600, 288_000]
    assert told["peak_ua"] == [12_000, 10_000] and told["minutes"] == 60.0
    # 8 to 5 and 6 to 4 are important (2 points or more, 30 % or more); 7 to 6 is one point and 14 %.
    assert told["pain"] == {"Pain relief": {"rated": 3, "mean_before": 7.0, "mean_after": 5.0, "important_relief": 2, "important_worsening": 0}}
    words = text_of(page)
    for text in ["P-017", "3 / 9", "−2.0", "important relief in 2 of 3", "Journal verified: records 1 to 14", "288 000 pulses, 345 600 µC, peak 12.0 mA"]:
        assert text in words, text
    assert "not a certified medical device" in words


def test_time_runs_only_while_pulses_do(report):
    """10 min, a pause of 30 min, 5 min: 15 minutes; the device's totals of the last record count, not their sum."""
    treatment = Treatment().prescribed().note("start", 5, program="Pain relief")
    treatment.note("pause", 600, pulses=[100, 0], uc=[10, 0]).note("resume", 1_800, left_s=600)
    treatment.note("end", 300, program="Pain relief", left_s=300, peak_ua=[9_000, 0], pulses=[150, 0], uc=[15, 0])
    told, _ = report(treatment)
    session = told["sessions"][0]
    assert (session["seconds"], session["ended"], session["pulses"], session["charge_uc"]) == (900, "ended early", [150, 0], [15, 0])


@pytest.mark.parametrize(
    ("before", "after", "important"),
    [(5, 3, -1), (10, 8, -1), (10, 9, 0), (3, 2, -1), (4, 3, 0), (1, 0, -1), (5, 5, 0), (0, 0, 0), (0, 1, 0), (0, 2, 1), (3, 4, 1), (4, 5, 0), (5, 7, 1), (None, 3, 0)],
)
def test_an_important_change_is_2_points_or_30_percent(before, after, important):
    assert treatments.Session("x", None, 1, before=before, after=after).important == important


def broken(*events):
    treatment = Treatment().prescribed().note("start", 5, program="Pain relief").note("amplitude", 5, ua=[7_000, 0])
    for name, fields in events:
        treatment.note(name, 5, **fields)
    return treatments.read(entries(treatment))


def test_how_a_session_can_end():
    fault = {"reason": "stop_pressed", "state": "RUNNING", "ua": [8_000, 0], "pulses": [5, 0], "uc": [1, 0]}
    one = broken(("fault", fault)).sessions[0]
    assert (one.ended, one.reason, one.pulses, one.peak_ua) == ("fault", "stop_pressed", (5, 0), (8_000, 0))
    assert broken(("boot", {"cause": "power"})).sessions[0].ended == "broken off"
    reset = broken(("boot", {"cause": "watchdog"}), ("fault", {"reason": "watchdog", "state": "BOOT", "ua": [0, 0]}))
    assert (reset.sessions[0].ended, reset.sessions[0].reason, len(reset.sessions)) == ("fault", "watchdog", 1)
    assert broken().sessions[0].ended == "broken off"
    again = broken(("start", {"program": "Pain relief"}), ("end", {"left_s": 0}))
    assert [one.ended for one in again.sessions] == ["broken off", "complete"]


def test_only_sessions_of_this_prescription_count(report):
    treatment = Treatment().prescribed("rx-0000", 9).session().session().prescribed().session(before=5, after=1).prescribed("rx-0002", 2).session()
    told, page = report(treatment)
    assert told["sessions_started"] == 1 and told["prescription"] == "rx-0001"
    assert "not in this report: 3" in text_of(page)
    told, _ = report(treatment, prescription=False)
    assert told["sessions_started"] == 1 and told["prescription"] == "rx-0002", "the last one accepted"


def test_a_prescription_that_the_journal_does_not_show(report):
    told, page = report(Treatment().note("boot").session())
    assert told["sessions_started"] == 1
    assert "does not show that the device accepted this prescription" in text_of(page)


def test_the_period_ends_when_asked(report):
    told, _ = report(Treatment().prescribed().session(), "--until", "2026-12-01")
    assert (told["days"], told["sessions_prescribed_max"]) == (10, 30)


def test_a_clock_that_may_have_stood_still_is_told(report):
    _, page = report(Treatment().prescribed().session())
    assert "stands still" not in text_of(page)
    _, page = report(Treatment().prescribed().session().note("boot", cause="power").session())
    assert "stands still" in text_of(page) and "switched on 1 time" in text_of(page)


def test_without_a_prescription_it_says_so(report):
    told, page = report(Treatment().prescribed().session(), prescription=False)
    assert told["patient"] is None and told["sessions_prescribed_max"] is None
    assert "prescription not given" in text_of(page)


def test_nothing_happened_yet(report):
    for treatment in (Treatment().prescribed(), Treatment().note("boot")):
        told, page = report(treatment)
        assert told["sessions_started"] == 0 and told["pulses"] == []
        assert "No session was started" in text_of(page) and "No session was rated" in text_of(page)
    told, page = report(Treatment().prescribed().session(rated=False))
    assert "no session was rated" in text_of(page) and "not recorded" in text_of(page)


def test_a_device_that_was_never_told_the_time(report):
    treatment = Treatment(at_s=30).note("boot").session(before=4, after=1)
    told, page = report(treatment)
    assert (told["first_day"], told["days"], told["sessions_complete"]) == (None, 0, 1)
    assert "no date" in page


def test_skin_and_worsening_stand_out(report):
    treatment = Treatment().prescribed().session(before=3, after=6, skin="irritated").session(before=3, after=3, skin="fine")
    told, page = report(treatment)
    assert told["skin_irritated"] == 1
    words = text_of(page)
    assert "Skin irritated after 1 session: 22 Nov 2026." in words and "worse by an important amount after 1 session" in words
    assert "tile alert" in page
    assert "tile alert" not in report(Treatment().prescribed().session(before=3, after=3, skin="fine"))[1]


@pytest.mark.parametrize("reason", [row[0] for row in REASONS[1:]])
def test_every_fault_comes_with_the_devices_words(report, reason):
    patient, advice = next((patient, advice) for name, patient, advice in REASONS if name == reason)
    _, page = report(Treatment().prescribed().note("start", 5, program="x").note("fault", 9, reason=reason, state="RUNNING", ua=[0, 0]))
    words = text_of(page).replace("&#x27;", "'")
    assert patient.split("|")[0] in words and advice in words


def test_an_unknown_fault_is_shown_as_it_is(report):
    _, page = report(Treatment().prescribed().note("start", 5, program="x").note("fault", 9, reason="gremlins"))
    assert "gremlins" in page and "not known to this version" in page


def test_measured_charge_is_shown_where_there_is_any(report):
    treatment = Treatment().prescribed().note("start", 5, program="Pain relief")
    treatment.note("end", 60, left_s=0, pulses=[9, 9], uc=[100, 100], muc=[97, 98], peak_ua=[1_000, 1_000])
    told, page = report(treatment)
    assert told["measured_uc"] == [97, 98] and "measured µC" in page
    assert "measured µC" not in report(Treatment().prescribed().session())[1]


def test_a_journal_that_is_not_whole_is_told_at_the_top_and_in_detail(report):
    frames = Treatment().prescribed().session().session().frames()
    told, page = report(None, frames=frames[:4] + frames[5:])
    assert told["journal"] == {"records": 9, "whole": False, "findings": [{"record": 5, "kind": "removed", "what": "is not there"}]}
    words = text_of(page)
    assert "The journal is not whole" in words and "Journal verified" not in words and "is not there" in words


def test_odd_records_never_break_it(report):
    """Known events with fields of other shapes, unknown events, nothing at all: shown, or left out, never a failure."""
    payloads = [{}, {"e": None}, {"e": ["boot"]}, {"e": "start"}, {"e": "amplitude", "ua": "x"}, {"e": "pause", "ms": "soon"}, {"e": "resume", "ms": None}]
    payloads += [{"e": "end", "left_s": None, "pulses": [1, "2"], "uc": 7, "peak_ua": [5]}, {"e": "rating", "before": 11, "after": -1, "skin": 3}]
    payloads += [{"e": "rating", "before": True, "after": 2.5}, {"e": "fault"}, {"e": "fault", "reason": {"a": 1}, "t": 10**40}, {"e": "prescription"}]
    payloads += [{"e": "start", "program": "p", "t": 1.5, "ms": 5}, {"e": "end", "left_s": 0, "ms": 2, "muc": [1, 2, 3], "uc": [1], "pulses": []}, {"e": "new", "what": 1}]
    for prescription in (True, False):
        told, page = report(None, frames=chain(payloads), prescription=prescription)
        assert told["journal"]["records"] == len(payloads) and "more other records" in text_of(page)
    told, page = report(None, frames=chain(payloads[-1:]))
    assert "new what=1" in text_of(page)


class _Loads(HTMLParser):
    """Collects what a page would fetch or run, and whether its elements close."""

    def __init__(self):
        super().__init__()
        self.fetches, self.open = [], []

    def handle_starttag(self, name, attributes):
        self.fetches += [(name, key) for key, _ in attributes if key in ("src", "href", "srcset", "data", "action") or key.startswith("on")]
        if name in ("script", "link", "iframe", "object", "embed", "img"):
            self.fetches.append((name, ""))
        if name != "meta":
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name


_HOSTILE = '<script>alert(1)</script><img src=x onerror="a()">&\'"$body ${title}'


def test_the_page_is_closed_well_formed_and_escaped(report, tmp_path):
    treatment = Treatment().prescribed().session(_HOSTILE, before=5, after=3, skin=_HOSTILE).note(_HOSTILE, 5, field=_HOSTILE)
    treatment.note("start", 5, program=_HOSTILE).note("fault", 9, reason=_HOSTILE)
    for rx in (True, False):
        _, page = report(treatment, prescription=rx)
        reader = _Loads()
        reader.feed(page)
        assert reader.fetches == [] and reader.open == []
        assert "url(" not in page and "http" not in page and "@import" not in page
        assert "&lt;script&gt;" in page and "$body" in page


def test_ninety_days_stay_small(report):
    treatment = Treatment().prescribed()
    for day in range(90):
        treatment.until(day)
        for _ in range(3):
            treatment.session(before=6, after=3, skin="fine")
    told, page = report(treatment)
    assert told["sessions_complete"] == 270 and len(page) < 500_000
    assert page.count("<tr>") < 25, "two pages: not every session is listed"


def test_from_a_device_and_without_a_file(run, fake):
    device = fake(records=served(Treatment().prescribed().session(before=6, after=3).payloads))
    outcome = run("report", "--port", device.port, "--json")
    assert outcome.code == 0 and json.loads(outcome.out)["sessions_complete"] == 1
    assert json.loads(outcome.out)["serial"] == "E661640843"


def test_what_it_refuses(run, tmp_path, good_toml):
    page = tmp_path / "report.html"
    page.write_text("precious")
    (tmp_path / "E66.journal").write_bytes(b"".join(Treatment().prescribed().frames()))
    assert run("report", "--archive", tmp_path, "-o", page).code == 2
    other = run("report", "--archive", tmp_path, "-o", tmp_path / "report.docx")
    assert other.code == 2 and "name it report.html or report.pdf" in other.err
    good_toml.write_text(GOOD_TOML.replace("ch1_ma = 30.0", "ch1_ma = 300.0"))
    spoilt = run("report", "--archive", tmp_path, "-o", page, "--force", "--prescription", good_toml)
    assert spoilt.code == 1 and "ch1_ma = 300" in spoilt.err
    assert page.read_text() == "precious"


def test_markup_escapes_what_it_did_not_make():
    assert tag("p", "a<b", Markup("<b>"), None, ["&", tag("i", 1)], class_='"') == '<p class="&quot;">a&lt;b<b>&amp;<i>1</i></p>'
    assert joined(False, None, 0, "") == "0"


def test_a_pdf_is_the_same_on_two_pages(run, tmp_path, good_toml):
    """Read back by another library than the one that wrote it."""
    treatment = Treatment().prescribed()
    for day in range(40):
        treatment.until(day).session(before=7, after=4, skin="fine")
    (tmp_path / "E66.journal").write_bytes(b"".join(treatment.frames()))
    outcome = run("report", "--archive", tmp_path / "E66.journal", "-o", tmp_path / "r.PDF", "--prescription", good_toml)
    assert outcome.code == 0 and "40 sessions in" in outcome.err, outcome.err
    pages = PdfReader(tmp_path / "r.PDF").pages
    words = " ".join(" ".join(page.extract_text().split()) for page in pages)
    assert len(pages) == 2 and [round(float(side)) for side in pages[0].mediabox[2:]] == [595, 842]
    for text in ["P-017", "40 / 120", "Journal verified: records 1 to 162", "not a certified medical device"]:
        assert text in words, text


def test_a_pdf_without_its_library_says_what_to_install(run, tmp_path, monkeypatch):
    (tmp_path / "E66.journal").write_bytes(b"".join(Treatment().prescribed().session().frames()))
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    outcome = run("report", "--archive", tmp_path / "E66.journal", "-o", tmp_path / "r.pdf")
    assert outcome.code == 1 and "libpango" in outcome.err and not (tmp_path / "r.pdf").exists()
