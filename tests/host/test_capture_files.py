"""Every format that an analyser exports is read alike, and says which line is which pin."""

import io
import json
import random
import zipfile

import capture_files as files
import pytest
from capture_files import Analyser
from captures_of import rx_file, session

from evenpulse.capture import read
from evenpulse.capture.edges import BadCapture

RATES = (24e6, 100e6, 500e6)


@pytest.fixture(scope="module")
def waves():
    return session()


@pytest.fixture(scope="module")
def short(waves):
    """The first 0.21 s: ten pulses. Every sample of it fits a test."""
    until = 210e6
    ns = {role: [one for one in times if one < until] for role, times in waves.ns.items()}
    return files.Waves(ns, waves.first, until)


@pytest.fixture
def rx(tmp_path):
    return rx_file(tmp_path)


@pytest.mark.parametrize("hz", RATES, ids=lambda hz: f"{hz / 1e6:g} MSps")
@pytest.mark.parametrize("kind", files.FORMATS)
def test_every_format_says_the_same(run, rx, short, tmp_path, kind, hz):
    analyser = Analyser(hz)
    path = files.write(tmp_path, kind, analyser, short, files.LEGS if hz > 100e6 else None)
    capture = read.read(path)
    assert capture.grid_ps == pytest.approx(1e12 / hz)
    wanted = analyser.edges(short, files.LEGS)
    for role, samples in wanted.items():
        seen = capture.pins[role].ps - capture.begin_ps
        # Logic 2 writes 9 digits of a second, the others more.
        near = 600 if kind == "logic 2" else 60
        assert abs(seen - [round(one * 1e12 / hz) for one in samples]).max() <= near
    done = run("verify", rx, path, "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["rows"][0]["count"] == 8


@pytest.mark.parametrize("unit", [1, 2, 3, 4, 8])
def test_samples_of_any_width(short, tmp_path, unit):
    path = tmp_path / "wide.sr"
    analyser = Analyser(2e6)
    path.write_bytes(files.sigrok(analyser, short, files.SAME_NAMES, unit, piece=99_999 * unit))
    capture = read.read(path)
    for role, samples in analyser.edges(short, files.SAME_NAMES).items():
        assert capture.pins[role].ps.tolist() == [500_000 * one for one in samples]
        assert capture.pins[role].first == short.first[role]


def test_what_the_twin_writes_is_exact(run, rx, tmp_path):
    """Its waves.vcd and its edges.csv, of one run: 0 clocks in every row."""
    (tmp_path / "scenario.toml").write_text(
        'board = "nmes2"\nprescription = "rx.toml"\nuntil_ms = 2500\n'
        '[[event]]\nat_ms = 100\ndo = "hold"\nbutton = "START"\nfor_ms = 1200\n'
        '[[event]]\nat_ms = 2400\ndo = "press"\nbutton = "STOP"\n'
    )
    assert run("twin", "run", tmp_path / "scenario.toml", "--out", tmp_path / "run").code == 0
    for name in ("waves.vcd", "edges.csv"):
        told = run("verify", rx, tmp_path / "run" / name, "--json").json
        assert told["as_prescribed"] and told["grid_ns"] == 0
        for row in told["rows"]:
            if row["asked_ns"]:
                assert row["worst_off_clocks"] == row["spread_ns"] == row["each_unsure_ns"] == 0
        assert told["contract"]["I1"]["clocks"] == 1


def test_found_one_clock_in_what_the_twin_wrote(run, rx, tmp_path, waves):
    rows = ["clock,pin,level"]
    moved = files.move(waves, "CH2_B", [21], 8)
    first = [(0, role, level) for role, level in waves.first.items()]
    edges = [
        (round(ns / 8), role, waves.first[role] ^ k & 1 ^ 1)
        for role, times in moved.ns.items()
        for k, ns in enumerate(times)
    ]
    rows += [f"{clock},{role},{level}" for clock, role, level in first + sorted(edges)]
    (tmp_path / "edges.csv").write_text("\n".join(rows) + "\n")
    done = run("verify", rx, tmp_path / "edges.csv")
    assert done.code == 1 and "channel 2: phase B +8.0 ns ± 0.0 (+1.00 clocks), 1 of" in done.err


# --- which line is which pin -------------------------------------------------------------------

GPIO = {role: f"GPIO{2 + k}" for k, role in enumerate(files.LEGS)}
MIXED = {
    "CH2_B": "D0",
    "SYNC_OUT": "D1",
    "CH1_A": "D2",
    "HV_EN": "D3",
    "CH2_A": "D4",
    "CH1_B": "D5",
}


def pins(run, rx, path, *options):
    done = run("verify", rx, path, "--json", *options)
    assert done.code == 0, done.err
    told = json.loads(done.out)
    return told["pins"], told


@pytest.mark.parametrize("names", [GPIO, {role: role.lower() for role in files.LEGS}])
def test_names_say_which_pin_it_is(run, rx, short, tmp_path, names):
    found, told = pins(run, rx, files.write(tmp_path, "vcd", Analyser(), short, names))
    assert found == names and set(told["pins_from"].values()) == {"by its name"}


@pytest.mark.parametrize("names", [MIXED, files.NUMBERED])
def test_legs_without_names_are_found_by_what_they_do_and_it_is_said(
    run, rx, short, tmp_path, names
):
    found, told = pins(run, rx, files.write(tmp_path, "vcd", Analyser(), short, names))
    # SYNC_OUT does what CH1_A does; the first of the two was taken.
    same = {names["CH1_A"], names.get("SYNC_OUT")}
    assert found.pop("CH1_A") in same
    assert found == {role: names[role] for role in ("CH1_B", "CH2_A", "CH2_B")}
    assert any("guessed" in note for note in told["notes"])


def test_what_is_told_counts(run, rx, short, tmp_path):
    path = files.write(tmp_path, "vcd", Analyser(), short, MIXED)
    found, told = pins(run, rx, path, *(f"--pin={role}={name}" for role, name in MIXED.items()))
    assert found == MIXED and set(told["pins_from"].values()) == {"as told"}


def test_one_channel_of_two_is_said(run, rx, short, tmp_path):
    only = {"CH1_A": "CH1_A", "CH1_B": "CH1_B"}
    _, told = pins(run, rx, files.write(tmp_path, "vcd", Analyser(), short, only))
    assert told["notes"] == ["channel 2 is not in the capture: nothing is said of it"]
    assert {row["channel"] for row in told["rows"]} == {1}


def test_a_file_cut_off_anywhere_is_read_or_refused(short, tmp_path):
    """Never a traceback; what is read is the beginning of the whole."""
    chance, path = random.Random(5), tmp_path / "cut"
    for kind in files.FORMATS:
        hz = 2e6 if kind == "sr" else 24e6
        whole = files.FORMATS[kind][0](Analyser(hz), short, files.LEGS)
        for _ in range(40):
            path.write_bytes(whole[: chance.randrange(len(whole))])
            try:
                capture = read.read(path)
            except BadCapture as error:
                assert error.do_next
            else:
                assert set(capture.pins) <= set(files.LEGS)


def test_a_file_with_bytes_turned_over_never_ends_in_a_traceback(short, tmp_path):
    chance, path = random.Random(6), tmp_path / "turned"
    for kind in files.FORMATS:
        whole = files.FORMATS[kind][0](Analyser(2e6), short, files.LEGS)
        for _ in range(60):
            data = bytearray(whole)
            for _ in range(chance.choice((1, 3, 30))):
                data[chance.randrange(min(len(data), 4_000))] = chance.randrange(256)
            path.write_bytes(data)
            try:
                read.read(path)
            except BadCapture as error:
                assert error.do_next


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (["--pin", "CH1_A=nothing"], "there is no line nothing in it"),
        (["--pin", "CH9_A=CH1_A"], "--pin CH9_A=CH1_A is not ROLE=NAME"),
        (["--pin", "CH1_A"], "--pin CH1_A is not ROLE=NAME"),
        (["--pin", "CH1_A=CH1_A", "--pin", "CH1_A=CH1_B"], "--pin CH1_A is there twice"),
        (["--pin", "CH1_A=CH1_A", "--pin", "CH1_B=CH1_A"], "--pin names one line for two roles"),
        (["--rate", "often"], "--rate often is no rate"),
        (["--rate", "3"], "--rate 3 is no rate"),
        (["--program", "2"], "--program 2: the prescription has 1"),
        (["-o", "picture.jpg"], "the picture is a PNG"),
    ],
)
def test_options_that_mean_nothing(run, rx, short, tmp_path, options, wanted):
    path = files.write(tmp_path, "vcd", Analyser(), short)
    done = run("verify", rx, path, *options)
    assert done.code == 2 and wanted in done.err.splitlines()[0] and "\n  next: " in done.err


def test_a_capture_without_a_session_says_what_it_saw(run, rx, short, tmp_path):
    quiet = files.Waves({role: [] for role in short.ns}, short.first, 1e8)
    path = files.write(tmp_path, "vcd", Analyser(), quiet, {"CH1_A": "D0", "CH1_B": "D1"})
    done = run("verify", rx, path)
    assert done.code == 2 and "D0: 0 edges, D1: 0 edges" in done.err
    done = run("verify", rx, path, "--pin=CH1_A=D0", "--pin=CH1_B=D1")
    assert done.code == 2 and "no whole pulse of channel 1" in done.err


@pytest.mark.parametrize("factor", [1e3, 1e-3, 1e6])
def test_times_in_another_unit_are_noticed(run, rx, short, tmp_path, factor):
    """A table of ms under the name of seconds."""
    ns = {role: [factor * one for one in times] for role, times in short.ns.items()}
    other = files.Waves(ns, short.first, factor * short.end_ns)
    path = files.write(tmp_path, "plain", Analyser(1e9), other)
    done = run("verify", rx, path)
    assert done.code == 2 and "another unit" in done.err


def test_units_that_the_first_line_names_are_taken(run, rx, short, tmp_path):
    rows = files.plain(Analyser(100e6), short, files.LEGS).decode().splitlines()[1:]
    for unit, scale in (("ms", 1e3), ("us", 1e6), ("ns", 1e9)):
        cells = [row.split(",") for row in rows]
        lines = [f"{float(time) * scale:.7f},{pin},{level}" for time, pin, level in cells]
        path = tmp_path / f"{unit}.csv"
        path.write_text("\n".join([f"Time ({unit}),Pin,Level", *lines]) + "\n")
        assert run("verify", rx, path).code == 0, unit


def test_a_grid_that_nobody_names_is_found_or_told(run, rx, short, tmp_path):
    path = files.write(tmp_path, "plain", Analyser(24e6), short)
    assert run("verify", rx, path, "--json").json["grid_ns"] == pytest.approx(1e3 / 24)
    told = run("verify", rx, path, "--json", "--rate", "12M").json
    assert told["grid_ns"] == pytest.approx(1e3 / 12) and told["grid_from"] == "as --rate says"


@pytest.mark.parametrize("written", ["{:g}", "{:.6e}", "{:.9e}", "{!r}"])
def test_times_of_few_digits_are_no_errors_of_the_board(run, rx, short, tmp_path, written):
    """So many digits in all: fewer of them behind the point, the later a time is."""
    rows = files.plain(Analyser(100e6), short, files.LEGS).decode().splitlines()[1:]
    cells = [row.split(",") for row in rows]
    lines = [f"{written.format(float(time))},{pin},{level}" for time, pin, level in cells]
    (tmp_path / "few.csv").write_text("\n".join(["time,pin,level", *lines]) + "\n")
    done = run("verify", rx, tmp_path / "few.csv")
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    "names",
    [
        {role: f"Channel {k}" for k, role in enumerate(files.LEGS)},
        {role: f"D [{k}]" for k, role in enumerate(files.LEGS)},
    ],
)
def test_a_name_of_a_vcd_file_may_have_blanks(run, rx, short, tmp_path, names):
    path = files.write(tmp_path, "vcd", Analyser(), short, names)
    assert len(set(pins(run, rx, path)[0].values())) == 4


def test_a_mark_of_utf_8_and_another_micro_are_read(run, rx, short, tmp_path):
    path = tmp_path / "marked"
    path.write_bytes(b"\xef\xbb\xbf" + files.vcd(Analyser(), short, files.LEGS))
    assert run("verify", rx, path).code == 0
    rows = files.plain(Analyser(100e6), short, files.LEGS).decode().splitlines()[1:]
    cells = [row.split(",") for row in rows]
    lines = [f"{float(time) * 1e6:.4f},{pin},{level}" for time, pin, level in cells]
    for micro in ("\u00b5", "\u03bc"):
        path.write_text("\n".join([f"Time [{micro}s],Pin,Level", *lines]) + "\n")
        assert run("verify", rx, path).code == 0


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_session_never_ends_in_a_traceback(tmp_path, kind):
    """Each way of packing has errors of its own."""
    chance, path = random.Random(7), tmp_path / "damaged.sr"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as file:
        file.writestr("version", "2")
        file.writestr("metadata", "[device 1]\nsamplerate=24 MHz\nprobe1=D0\nunitsize=1\n")
        file.writestr("logic-1-1", bytes(chance.randrange(2) for _ in range(3_000)))
    for _ in range(200):
        data = bytearray(out.getvalue())
        for _ in range(chance.choice((1, 2, 8))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            read.read(path)
        except BadCapture as error:
            assert error.do_next and "None" not in str(error)


def test_histograms_are_drawn(run, rx, short, tmp_path):
    path, picture = files.write(tmp_path, "vcd", Analyser(), short), tmp_path / "errors.png"
    # No formula: the picture has the file's name
    path = path.rename(tmp_path / "a $\\frac_$ \x1b[2J capture.vcd")
    assert run("verify", rx, path, "-o", picture).code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    done = run("verify", rx, path, "-o", picture)
    assert done.code == 2 and "already there" in done.err
