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


HOUR = {"ch1_ma": 20, "ch2_ma": 20, "session_min": 60, "sessions_per_day": 3, "rest_min": 30}


def _boxes(page):
    """(right edge, text) of everything on its pages, as the library that sets them laid it out."""
    # Late: it takes half a second of each process that collects the tests
    import weasyprint

    for one in weasyprint.HTML(string=page).render().pages:
        for box in one._page_box.descendants():
            yield box.position_x + box.width, getattr(box, "text", "")


def test_nothing_is_wider_than_the_page_and_a_serial_is_in_one_piece(run, tmp_path):
    """The widest rows there are: a long name, numbers of six digits, a stop with its channel."""
    serial, name = "E6614864D35B2729", "Quadriceps rehabilitation, stage"
    device = Played(serial).prescribe(program(minutes=60, name=name), caps=HOUR)
    device.begin((17, 15), before=10).run(3_000_000, 1_000).fault("lead_off").rearm()
    device.begin((17, 15)).run(200_000, 1_000).fault("lead_off").rearm()
    device.session((17, 15), after=9, skin=False)
    file = device.archive(tmp_path)
    page = tmp_path / "report.html"
    assert run("report", "--archive", file, "-o", page).code == 0
    text = page.read_text()
    boxes = list(_boxes(text))
    # A4 without its margins of 14 mm, in CSS pixels; half a pixel for rounding.
    limit = (210 - 14) * 96 / 25.4 + 0.5
    assert len(boxes) > 200 and max(right for right, _ in boxes) <= limit
    assert serial in [text for _, text in boxes]
    wide = text.replace("</style>", "table.dose td { white-space: nowrap }</style>")
    assert max(right for right, _ in _boxes(wide)) > limit, "this test would see it"
