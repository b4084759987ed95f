"""The report as a file: its size, where it comes from, what it refuses, and as PDF."""

import json
import sys

from played import Played, chained
from played_device import DAY_S, NOON_S
from pypdf import PdfReader
from reported import HOUR_S
from sample_prescription import GOOD_TOML
from samples import program


def test_ninety_days_stay_small(report):
    device = Played().prescribe(program(minutes=2), expires="2027-06-01")
    for day in range(90):
        for hour in range(3):
            begins_s = NOON_S + day * (DAY_S + HOUR_S) + hour * 2 * HOUR_S
            device.run(1_000 * (begins_s - device.wall_s), step_ms=600_000)
            device.session((4, 4), before=6, after=3, skin=True)
    told, page = report(device)
    assert told["sessions_complete"] == 270 and len(page) < 500_000
    assert page.count("<tr>") < 25, "two pages: not every session is listed"


def test_from_a_device_and_without_a_file(run, fake):
    device = fake(records=chained(Played().prescribe().session(before=6, after=3)))
    outcome = run("report", "--port", device.port, "--json")
    assert outcome.code == 0 and json.loads(outcome.out)["sessions_complete"] == 1
    assert json.loads(outcome.out)["serial"] == "E661640843"


def test_what_it_refuses(run, tmp_path, good_toml):
    page = tmp_path / "report.html"
    page.write_text("precious")
    Played().prescribe().archive(tmp_path)
    assert run("report", "--archive", tmp_path, "-o", page).code == 2
    other = run("report", "--archive", tmp_path, "-o", tmp_path / "report.docx")
    assert other.code == 2 and "name it report.html or report.pdf" in other.err
    good_toml.write_text(GOOD_TOML.replace("ch1_ma = 30.0", "ch1_ma = 300.0"))
    spoilt = run(
        "report", "--archive", tmp_path, "-o", page, "--force", "--prescription", good_toml
    )
    assert spoilt.code == 1 and "ch1_ma = 300" in spoilt.err
    assert page.read_text() == "precious"


def test_a_pdf_is_the_same_on_two_pages(run, tmp_path, good_toml):
    """Read back by another library than the one that wrote it."""
    device = Played().prescribe(program(minutes=2))
    for day in range(40):
        device.until(NOON_S + day * DAY_S).session((9, 9), before=7, after=4, skin=True)
    device.archive(tmp_path)
    outcome = run(
        "report", "--archive", tmp_path, "-o", tmp_path / "r.PDF", "--prescription", good_toml
    )
    assert outcome.code == 0 and "40 sessions in" in outcome.err, outcome.err
    pages = PdfReader(tmp_path / "r.PDF").pages
    read = " ".join(" ".join(page.extract_text().split()) for page in pages)
    assert len(pages) == 2 and [round(float(side)) for side in pages[0].mediabox[2:]] == [595, 842]
    for text in ["P-017", "40", "Journal verified: records 1 to", "not a certified medical device"]:
        assert text in read, text


def test_a_pdf_without_its_library_says_what_to_install(run, tmp_path, monkeypatch):
    Played().prescribe().session().archive(tmp_path)
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    outcome = run("report", "--archive", tmp_path, "-o", tmp_path / "r.pdf")
    assert outcome.code == 1 and "libpango" in outcome.err and not (tmp_path / "r.pdf").exists()
