"""The report's second sheet: dose, faults, what else is in the journal, what was prescribed, and
whether the journal is sound.
"""

from collections import Counter

from evenpulse.base.markup import Markup, joined, tag
from evenpulse.base.printable import counted, printable
from evenpulse.journal.entries import Entry, words
from evenpulse.report import dose_chart, prescribed
from evenpulse.report.axis import Axis
from evenpulse.report.cells import BLANK, channels, day_of, grouped, more, scale
from evenpulse.report.summary import Summary
from evenpulse.report.treatment import COMPLETE, FAULT, Session
from evenpulse.report.words import NOTES, engineer, fault

# What fits the page; the rest is counted, and is in the journal.

# Rows of sessions, faults, notes and findings together, but at least this many sessions:
_ROWS = 14
_SESSIONS_LISTED = 5
_FINDINGS_LISTED = 3
_NOTES_LISTED = 6
_FAULTS_LISTED = 4
_LINE_CHARS = 150


def sheet(summary: Summary) -> Markup:
    """All of it."""
    return joined(
        _dose(summary), _faults(summary), _notes(summary), _prescription(summary), _journal(summary)
    )


def _dose(summary: Summary) -> Markup:
    if not summary.treatment.sessions:
        return tag("section", tag("h2", "Dose"), tag("p", "Nothing was delivered.", class_="empty"))
    axis = Axis.of(summary)
    key = (
        "Above: minutes (dark: complete, pale: cut short"
        + ("; dashed: prescribed" if summary.rxs else "")
        + "). "
        "Below: peak current, channel 1 dots, channel 2 dashes."
    )
    drawn = axis and dose_chart.dose(summary, axis)
    return joined(
        tag(
            "section",
            tag("h2", "Dose of each session"),
            drawn,
            tag("p", key, class_="key") if axis else None,
        ),
        _totals(summary),
        _dose_table(summary),
    )


def _totals(summary: Summary) -> Markup:
    """Everything delivered, a line a channel."""
    treatment = summary.treatment
    minutes = f"{sum(one.seconds for one in treatment.sessions) / 60:.1f} minutes"
    parts = (("pulses", "pulses"), ("charge_uc", "µC"), ("measured_uc", "µC measured"))
    lines = []
    for channel, peak_ua in enumerate(treatment.peak_ua()):
        said = [
            f"{grouped(total[channel])} {unit}"
            for name, unit in parts
            if channel < len(total := treatment.total(name))
        ]
        lines.append(
            tag(
                "p",
                tag("b", f"Channel {channel + 1}"),
                f": {', '.join([*said, f'peak {peak_ua / 1_000:.1f} mA'])}.",
            )
        )
    cut = sum(one.at_least for one in treatment.joined())
    least = f"; at least, as power was lost in {counted(cut, 'session')}" if cut else ""
    told = f": {counted(treatment.begun(), 'session')}, {minutes}{least}."
    return joined(tag("p", tag("b", "Delivered in all"), told), lines)


def _dose_table(summary: Summary) -> Markup:
    treatment = summary.treatment
    sessions = treatment.joined()
    others = min(len({one.reason for one in treatment.faults}), _FAULTS_LISTED) + min(
        len(_kinds(summary)), _NOTES_LISTED
    )
    findings = sum(len(part.audit.findings) for part in summary.parts)
    listed = max(_SESSIONS_LISTED, _ROWS - others - min(findings, _FINDINGS_LISTED))
    measured = any(one.measured_uc for one in sessions)
    names = (
        ["day", "program", "ended", "min", "peak mA", "pulses", "charge µC"]
        + ["measured µC"] * measured
        + ["pain", "skin"]
    )
    plain = {"day", "program", "ended", "skin"}
    head = tag("tr", [tag("th", name, class_=None if name in plain else "n") for name in names])
    rows = [
        _row(_dose_row(summary, one, measured), names, plain) for one in sessions[-listed:][::-1]
    ]
    note = (
        "Two numbers: channel 1 · channel 2. Charge is that of one phase of every pulse; the other "
        "phase takes the same back. ≥: power was lost, the numbers are those of the last record "
        "before."
        + " In parts: it was stopped, and went on with what was left of its minutes."
        * any(one.parts > 1 for one in sessions[-listed:])
        + (
            f" The last {listed} sessions; all of them: evenpulse log export."
            if len(sessions) > listed
            else ""
        )
    )
    return joined(tag("table", head, rows, class_="dose"), tag("p", note, class_="key"))


def _row(cells: list, names: list[str], plain: set[str]) -> Markup:
    return tag(
        "tr",
        [
            tag("td", cell, class_=None if name in plain else "n")
            for cell, name in zip(cells, names, strict=True)
        ],
    )


def _dose_row(summary: Summary, one: Session, measured: bool) -> list:
    ended = (
        fault(one.reason).what
        if one.ended == FAULT
        else "complete"
        if one.ended == COMPLETE
        else one.ended
    )
    if one.channel:
        ended += f", channel {one.channel}"
    if one.parts > 1:
        ended += f", in {one.parts} parts"
    pain = (
        f"{scale(one.before)} → {scale(one.after)}"
        if one.rated or one.before is not None
        else BLANK
    )
    charges = [channels(one.charge_uc)] + [channels(one.measured_uc)] * measured
    minutes = "≥ " * one.at_least + f"{one.seconds / 60:.1f}"
    told = words("rating", "skin", one.skin) or BLANK
    skin = tag("span", told, class_="alert") if one.skin is False else told
    day = day_of(summary.period.zone, one.at)
    peak = channels(one.peak_ua, 1_000)
    return [
        day,
        printable(one.program),
        printable(ended),
        minutes,
        peak,
        channels(one.pulses),
        *charges,
        pain,
        skin,
    ]


def _where(where: Counter, reason: str) -> list[Markup]:
    """How often on which channel, where the device knew."""
    numbers = [(number, where[reason, number]) for number in (1, 2) if where[reason, number]]
    return [tag("div", f"channel {number}: {count} ×") for number, count in numbers]


def _faults(summary: Summary) -> Markup:
    faults = summary.treatment.faults
    if not faults:
        return tag("section", tag("h2", "Stops and faults"), tag("p", "None.", class_="empty"))
    told = Counter(one.reason for one in faults)
    last = {one.reason: one.at for one in faults}
    where = Counter((one.reason, one.channel) for one in faults if one.channel)
    rows = [
        tag(
            "tr",
            tag("td", printable(fault(reason).what), _where(where, reason), class_="day"),
            tag("td", count, class_="n"),
            tag("td", day_of(summary.period.zone, last[reason]), class_="day"),
            tag(
                "td",
                printable(fault(reason).do),
                tag("div", printable(engineer(reason)), class_="engineer"),
            ),
        )
        for reason, count in told.most_common(_FAULTS_LISTED)
    ]
    head = tag(
        "tr",
        tag("th", "what"),
        tag("th", "times", class_="n"),
        tag("th", "last"),
        tag("th", "what to do; in grey: for the engineer"),
    )
    return tag(
        "section",
        tag("h2", "Stops and faults"),
        tag("table", head, rows),
        more(len(told) - _FAULTS_LISTED, "reason"),
    )


def _kinds(summary: Summary) -> list[tuple[str, list[Entry]]]:
    """Notes of one kind together, what needs somebody first; what this version does not know is
    last.
    """
    kinds: dict[str, list[Entry]] = {}
    for one in summary.treatment.notes:
        kinds.setdefault(one.event, []).append(one)
    return sorted(kinds.items(), key=lambda kind: NOTES[kind[0]].rank if kind[0] in NOTES else 3)


def _notes(summary: Summary) -> Markup | None:
    kinds, odd = _kinds(summary), summary.treatment.odd
    if not kinds and not odd:
        return None
    lines = []
    for name, found in kinds[:_NOTES_LISTED]:
        newest = found[-1]
        said = (
            NOTES[name].says(newest.fields)
            if name in NOTES
            else f"{name or 'no event'}: not known to this version of the tool."
        )
        times = (
            f" ({len(found)} times, last {day_of(summary.period.zone, newest.at)})"
            if len(found) > 1
            else f" ({day_of(summary.period.zone, newest.at)})"
        )
        lines.append(tag("p", printable(said)[:_LINE_CHARS] + times, class_="small"))
    if odd:
        told = (
            f"{counted(odd, 'record')} {'is' if odd == 1 else 'are'} not as this version's "
            f"firmware writes them: only what fits is told here."
        )
        lines.append(tag("p", told, class_="small"))
    return tag(
        "section",
        tag("h2", "Also in the journal"),
        lines,
        more(len(kinds) - _NOTES_LISTED, "kind of record"),
    )


def _prescription(summary: Summary) -> Markup:
    lines = [line for rx in summary.rxs.values() for line in prescribed.lines(rx)] or [
        "Prescription not given: limits and programs are not told here (--prescription FILE)."
    ]
    return tag(
        "section",
        tag("h2", "Prescribed"),
        [tag("p", printable(line), class_="small") for line in lines],
    )


def _journal(summary: Summary) -> Markup:
    """Whether each journal is sound."""
    parts = []
    for part in summary.parts:
        audit = part.audit
        said = (
            f"{part.serial or part.name}: {counted(len(audit.frames), 'sound record')}, checked "
            f"by a second, independent reader."
        )
        if audit.frames and audit.frames[0].sequence > 1:
            said += (
                f" It starts at record {audit.frames[0].sequence}: older ones were "
                f"overwritten, as the device does when its memory is full."
            )
        verdict = (
            "Nothing is damaged, missing, moved or doubled." if audit.whole else "It is not whole:"
        )
        rows = [
            tag(
                "tr",
                tag("td", one.record, class_="n"),
                tag("td", printable(one.what)),
                tag("td", one.means),
            )
            for one in audit.findings[:_FINDINGS_LISTED]
        ]
        head = tag(
            "tr", tag("th", "record", class_="n"), tag("th", "seen"), tag("th", "what it means")
        )
        parts.append(tag("p", f"{printable(said)} {verdict}", class_="small"))
        parts.append(
            joined(
                rows and tag("table", head, rows),
                more(len(audit.findings) - _FINDINGS_LISTED, "finding"),
            )
        )
    return tag("section", tag("h2", "Journal"), parts)
