"""The output table as one HTML file that loads nothing and prints on A4: a page about the
device, then one for each mode.
"""

from pathlib import Path

from evenpulse.base import sheet
from evenpulse.base.markup import Markup, joined, tag
from evenpulse.output_table import compute, facts, limit_table, traces
from evenpulse.output_table import rows as told
from evenpulse.output_table.table import DISCLAIMER, Mode, Table, pattern, waveform

_STYLE = Path(__file__).with_name("page.css")
# Columns of the value table that are text: name and unit
_TEXT_COLUMNS = 2


def render(table: Table) -> str:
    """The whole HTML file."""
    body = joined(
        _head(table),
        _verdicts(table),
        _device(table),
        _events(table),
        [_mode(one, table.measured) for one in table.modes],
        _datasheet(),
    )
    return sheet.render(f"Output table {table.rx['id']} {table.board['NAME']}", _STYLE, body)


def _head(table: Table) -> Markup:
    rx = table.rx
    how = (
        "computed, and measured on the emulated chip"
        if table.measured
        else "computed; not measured"
    ) + (f"; its circuit in ngspice {table.ngspice}" if table.ngspice else "")
    rows = (
        ("prescription", f"{rx['id']} (counter {rx['counter']})"),
        ("board", table.board["NAME"]),
        ("electrode", f"{compute.area_mm2(rx, table.board) / 100:g} cm²"),
        ("loads", ", ".join(map(told.load_name, compute.LOADS_OHM)) + ", resistive"),
    )
    who = [tag("div", tag("span", name), tag("b", value)) for name, value in rows]
    return joined(
        tag("header", tag("h1", "Output table"), tag("span", how, class_="small")),
        tag("p", DISCLAIMER, class_="notice"),
        tag("div", who, class_="who"),
    )


def _verdicts(table: Table) -> Markup:
    outside = [
        f"{mode.name}: {one.name} {mode.worst(one):.4g} {one.unit} ({told.limit_text(one)})"
        for mode in table.modes
        for one in mode.limits
        if not one.keeps(mode.worst(one))
    ]
    count = sum(len(mode.limits) for mode in table.modes)
    lines = [
        tag(
            "p",
            f"{count - len(outside)} of {count} comparisons with a limit are inside.",
            class_="alert" if outside else "ok",
        )
    ]
    lines += [tag("p", text, class_="alert") for text in outside]
    differences = table.differences()
    if table.measured and not differences:
        lines.append(
            tag(
                "p",
                (
                    "Measured and computed agree within 1 clock (8 ns) for phases, gaps and "
                    "periods of every pulse, and within 1 % for everything else."
                ),
                class_="ok",
            )
        )
    lines += [
        tag("p", f"Measured is not what was computed: {text}", class_="alert")
        for text in differences
    ]
    return tag("section", lines)


def _rows(rows: list[tuple[str, str]]) -> Markup:
    return tag(
        "table",
        [tag("tr", tag("th", name, scope="row"), tag("td", text)) for name, text in rows],
        class_="facts",
    )


def _grid(headings: list[str], rows: list[list[str]], **attributes: object) -> Markup:
    head = tag("tr", [tag("th", one) for one in headings])
    return tag(
        "table",
        head,
        [
            tag(
                "tr",
                [tag("td", cell, class_="alert" if cell == "OUTSIDE" else None) for cell in row],
            )
            for row in rows
        ],
        **attributes,
    )


def _device(table: Table) -> Markup:
    return tag("section", tag("h2", "The device"), _rows(table.facts()))


def _events(table: Table) -> Markup | None:
    if not table.events:
        return None
    return tag(
        "section",
        tag(
            "h2",
            (
                f"Trips, measured on the twin in {table.modes[0].program['name']}, at the cap into "
                f"{told.load_name(compute.LOADS_OHM[0])}"
            ),
        ),
        _grid(
            ["what happens", "reason kept", "all outputs off", "what the patient reads"],
            told.event_rows(table),
        ),
        tag(
            "p",
            (
                "The emulated board's comparators act at once; silicon adds 2 clocks (16 ns) of "
                "input synchroniser."
            ),
            class_="small",
        ),
    )


def _datasheet() -> Markup:
    return tag(
        "div",
        tag(
            "section",
            tag(
                "h2",
                "What only the output stage's datasheet and a measurement on hardware can tell",
            ),
            _rows(list(facts.DATASHEET)),
        ),
        tag(
            "section", tag("h2", "How sure a limit is"), _rows(list(limit_table.CONFIDENCE.items()))
        ),
        class_="sheet",
    )


def _mode(mode: Mode, measured: bool) -> Markup:
    heading = tag("h2", f"Mode: {mode.name}, cap {mode.cap_ua / 1_000:g} mA")
    shape = _rows([("waveform", waveform(mode.program)), *pattern(mode.program)])
    key = "Current against time. Dashed: computed." + (
        " Solid: measured on the emulated chip." if measured else ""
    )
    if mode.circuit:
        key += (
            " Dotted: the board's circuit in ngspice, with the same edges and amplitude; it has "
            "never been built."
        )
    limits = _grid(
        ["limit", "highest value", "limit", "margin", "source (confidence)"],
        told.limit_rows(mode),
        class_="limits",
    )
    pictures = tag(
        "section",
        traces.pulses(mode),
        traces.train(mode),
        traces.envelope(mode),
        tag("p", key + _why_sweep(mode), class_="small"),
        _rows([(f"circuit, {load}", text) for load, text in told.in_circuit(mode)]),
    )
    return tag(
        "div",
        tag("section", heading, shape),
        tag("section", _values(mode, measured)),
        pictures,
        tag("section", limits, _judged(mode)),
        class_="sheet",
    )


def _why_sweep(mode: Mode) -> str:
    return (
        (
            " From the longest phase of the sweep; its ends fall between two pulses, so what is "
            "measured may lie a little below."
        )
        if "sweep" in mode.program
        else ""
    )


def _judged(mode: Mode) -> Markup:
    rms, average = mode.judged["rms_ma"], mode.judged["average_ma"]
    return tag(
        "p",
        f"The device itself refuses a prescription by its longest phase at its highest rate "
        f"({facts.judged_at(mode.program)}, at the cap: {rms:g} mA r.m.s., {average:g} mA "
        f"average), whatever happens at one time.",
        class_="small",
    )


def _values(mode: Mode, measured: bool) -> Markup:
    _, rows = told.value_rows(mode, measured)
    per_load = 2 if measured else 1
    top = tag(
        "tr",
        tag("th"),
        tag("th"),
        [tag("th", told.load_name(one.ohm), colspan=per_load, class_="load") for one in mode.loads],
    )
    second = (
        tag(
            "tr",
            tag("th"),
            tag("th"),
            [
                [tag("th", "computed", class_="n load"), tag("th", "measured", class_="n")]
                for _ in mode.loads
            ],
        )
        if measured
        else None
    )
    cells = [
        tag(
            "tr",
            [
                tag(
                    "td",
                    cell,
                    class_=None
                    if index < _TEXT_COLUMNS
                    else "n" + (" load" if (index - _TEXT_COLUMNS) % per_load == 0 else ""),
                )
                for index, cell in enumerate(row)
            ],
        )
        for row in rows
    ]
    ends = zip(mode.loads, told.trips(mode, measured), strict=True)
    text = ". ".join(f"{told.load_name(load.ohm)}: {how}" for load, how in ends)
    return joined(
        tag("table", top, second, cells, class_="values"),
        tag("p", tag("b", "Ends by itself before the cap? "), f"{text}."),
    )
