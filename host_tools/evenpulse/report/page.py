"""The page itself: what a clinician must see first, then use and pain, then dose, faults and the journal's soundness."""

import datetime
from collections import Counter
from pathlib import Path
from string import Template

from stimcore.interlock import REASONS

from evenpulse.audit import Audit
from evenpulse.errors import Problem
from evenpulse.printable import printable
from evenpulse.report import charts
from evenpulse.report.markup import Markup, joined, tag
from evenpulse.report.summary import Summary, mean
from evenpulse.report.treatment import COMPLETE, FAULT, Rated, Session

_TEMPLATE = Path(__file__).with_name("page.html")
# What fits two printed pages; the rest is counted, and is in the journal.
_PROGRAMS_DRAWN = 2
_PROGRAMS_TOLD = 5
_ROWS = 14  # of sessions, faults, notes and findings together, but at least this many sessions:
_SESSIONS_LISTED = 5
_FINDINGS_LISTED = 3
_NOTES_LISTED = 2
_FAULTS_LISTED = 4
_DISCLAIMER = (
    "Evenpulse is an engineering reference and not a certified medical device. This report repeats what the device "
    "wrote down; it diagnoses nothing and replaces no judgement."
)
_MINUS = "\u2212"
_BLANK = "–"


def render(summary: Summary, audit: Audit) -> str:
    """The whole HTML file."""
    body = joined(
        _head(summary),
        _notices(summary, audit),
        _tiles(summary),
        _integrity_line(audit),
        _use(summary),
        _pain(summary),
        tag("div", _dose(summary, audit), _faults(summary), _notes(summary), _prescription(summary), _journal(audit), class_="sheet"),
        tag("footer", tag("p", _DISCLAIMER)),
    )
    title = tag("x", f"Treatment report {summary.patient or ''} {summary.treatment.prescription or ''}")[3:-4]
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(title=title, body=body)


def as_pdf(page: str) -> bytes:
    """The same on A4 pages. Raises Problem where the libraries that set text are missing."""
    import logging

    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it tells of every property that only a screen needs
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        do_next = "install pango (Debian: libpango-1.0-0 libpangoft2-1.0-0), or name it report.html and print that to PDF"
        raise Problem("a PDF needs the pango library", seen=str(error).splitlines()[0], do_next=do_next) from error
    return weasyprint.HTML(string=page).write_pdf()



def _head(summary: Summary) -> Markup:
    rx = summary.treatment
    number = f"{rx.prescription} (counter {rx.counter})" if rx.prescription else "none in the journal"
    rows = (
        ("patient", summary.patient or "prescription not given"),
        ("prescription", number),
        ("period", _period(summary)),
        ("device", summary.serial or "not known"),
    )
    who = [tag("div", tag("span", name), tag("b", printable(value))) for name, value in rows]
    read = f"journal read {_day(summary.read_on)}" if summary.read_on else ""
    return joined(tag("header", tag("h1", "Treatment report"), tag("span", read, class_="small")), tag("div", who, class_="who"))


def _period(summary: Summary) -> str:
    if not summary.first or not summary.last:
        return "not known"
    if summary.days == 1:
        return f"{_day(summary.first)} (1 day)"
    return f"{_day(summary.first)} to {_day(summary.last)} ({summary.days} days)"


def _notices(summary: Summary, audit: Audit) -> Markup | None:
    irritated = [one for one in summary.treatment.sessions if one.skin == "irritated"]
    worse = [one for one in summary.treatment.sessions if one.important > 0]
    lines = [
        not audit.whole and "The journal is not whole: what is told here may be incomplete. See the end of the report.",
        summary.unmatched and "The journal does not show that the device accepted this prescription: every session in it is counted.",
        irritated and f"Skin irritated after {_count(len(irritated), 'session')}: {_days(irritated)}.",
        worse and f"Pain worse by an important amount after {_count(len(worse), 'session')}: {_days(worse)}.",
    ]
    told = [tag("p", line) for line in lines if line]
    return tag("div", told, class_="notices") if told else None


def _days(sessions: list[Session], most: int = 4) -> str:
    days = list(dict.fromkeys(_day(one.at) for one in sessions))
    return ", ".join(days[-most:]) + (f" and on {_count(len(days) - most, 'earlier day')}" if len(days) > most else "")


def _tiles(summary: Summary) -> Markup:
    treatment = summary.treatment
    return tag("div", _sessions_tile(summary), _pain_tile(treatment.rated()), _skin_tile(treatment.sessions), _fault_tile(treatment.faults), class_="tiles")


def _tile(name: str, big: object, *lines: str, alert: bool = False) -> Markup:
    return tag("div", tag("span", name), tag("b", big), [tag("small", line) for line in lines if line], class_="tile alert" if alert else "tile")


def _sessions_tile(summary: Summary) -> Markup:
    done, begun = len(summary.treatment.done()), len(summary.treatment.sessions)
    cut = f"{begun - done} more cut short" if begun > done else ""
    if not summary.prescribed:
        return _tile("Sessions", done, "complete; number prescribed: not given", cut)
    share = f"{100 * done / summary.prescribed:.0f} %"
    return _tile("Sessions", f"{done} / {summary.prescribed}", f"complete ({share}), of up to {summary.per_day} a day", cut)


def _pain_tile(rated: list[Rated]) -> Markup:
    if not rated:
        return _tile("Change of pain", _BLANK, "no session was rated before and after")
    better = sum(one.important < 0 for one in rated)
    return _tile(
        "Change of pain", _signed(mean([one.change for one in rated])),
        f"points (0–10) on average; important relief in {better} of {len(rated)} rated sessions",
    )  # fmt: skip


def _skin_tile(sessions: list[Session]) -> Markup:
    told = Counter(one.skin for one in sessions if one.skin)
    if not told:
        return _tile("Skin", _BLANK, "not recorded")
    bad = told.total() - told["fine"]
    words = ", ".join(f"{printable(word)} {count}" for word, count in told.most_common())
    if not bad:
        return _tile("Skin", "fine", f"in {'the only answer' if told.total() == 1 else f'all {told.total()} answers'}")
    return _tile("Skin", f"{bad} ×", f"not fine, of {told.total()} answers: {words}", alert=True)


def _fault_tile(faults: list) -> Markup:
    told = Counter(reason for reason, _ in faults)
    words = ", ".join(f"{_patient_words(reason)} {count}" for reason, count in told.most_common(2))
    return _tile("Stops and faults", len(faults), words or "none")


def _integrity_line(audit: Audit) -> Markup | None:
    if not audit.whole or not audit.frames:
        return None
    first, last = audit.frames[0].sequence, audit.frames[-1].sequence
    return tag("p", f"Journal verified: records {first} to {last}, each with its checksum, each joined to the one before.", class_="ok small")


def _use(summary: Summary) -> Markup:
    treatment = summary.treatment
    if not treatment.sessions:
        return tag("section", tag("h2", "Use"), tag("p", "No session was started in this period.", class_="empty"))
    began, last = summary.drawn_from, summary.last
    drawn = charts.calendar(treatment.sessions, began, last, summary.per_day) if began and last else None
    clock = (
        f"Days are by the device's clock, which stands still while the device is off (switched on {_count(treatment.boots, 'time')} in this period): "
        "a session may have been later than shown, never earlier."
    )
    cut = "" if summary.drawn_from == summary.first else f" Shown from {_day(summary.drawn_from)}."
    return tag(
        "section", tag("h2", "Use, by day"), drawn,
        tag("p", "Dark: complete. Half: cut short." + (" Hollow: allowed by the prescription, not used." if summary.per_day else "") + cut, class_="key"),
        treatment.boots > 0 and tag("p", clock, class_="key"),
        treatment.earlier > 0 and tag("p", f"Sessions under other prescriptions, not in this report: {treatment.earlier}.", class_="key"),
    )  # fmt: skip


def _pain(summary: Summary) -> Markup:
    rated = summary.treatment.rated()
    if not rated:
        return tag("section", tag("h2", "Pain"), tag("p", "No session was rated before and after.", class_="empty"))
    key = (
        "Above: pain before (hollow) and after (filled) each rated session. Below: the change; downwards is relief. An important change is about "
        "2 points (dashed) or 30 % of the pain before (dotted): bars that reach one are dark, ▲ is an important worsening."
    )
    programs = list(dict.fromkeys(one.program for one in rated))
    drawn, parts = min(len(programs), _PROGRAMS_DRAWN), []
    for number, program in enumerate(programs[:_PROGRAMS_TOLD]):
        sessions = [one for one in rated if one.program == program]
        parts.append(tag("p", tag("b", printable(program)), ", ", _pain_sentence(sessions)))
        if number < _PROGRAMS_DRAWN:
            parts.append(charts.pain(sessions, drawn))
    return tag("section", tag("h2", "Pain, by program"), parts, _more(len(programs) - _PROGRAMS_TOLD, "program"), tag("p", key, class_="key"))


def _pain_sentence(sessions: list[Rated]) -> str:
    before, after = mean([one.before for one in sessions]), mean([one.after for one in sessions])
    share = f", {_signed(100 * (after - before) / before, 0)} %" if before else ""
    worse = sum(one.important > 0 for one in sessions)
    return (
        f"{_count(len(sessions), 'rated session')}: {before:.1f} before, {after:.1f} after on average ({_signed(after - before)} points{share}). "
        f"Important relief in {sum(one.important < 0 for one in sessions)}" + (f", important worsening in {worse}." if worse else ".")
    )


def _dose(summary: Summary, audit: Audit) -> Markup:
    treatment = summary.treatment
    if not treatment.sessions:
        return tag("section", tag("h2", "Dose"), tag("p", "Nothing was delivered.", class_="empty"))
    key = (
        "Above: minutes (dark: complete, pale: cut short" + ("; dashed: prescribed" if summary.minutes else "") + "). "
        "Below: peak current, channel 1 dots, channel 2 dashes."
    )
    return joined(
        tag("section", tag("h2", "Dose of each session"), charts.dose(treatment.sessions, summary.minutes, summary.caps_ma), tag("p", key, class_="key")),
        _totals(summary),
        _dose_table(summary, audit),
    )


def _totals(summary: Summary) -> Markup:
    """Everything delivered, a line a channel."""
    treatment = summary.treatment
    minutes = f"{sum(one.seconds for one in treatment.sessions) / 60:.1f} minutes"
    parts = (("pulses", "pulses"), ("charge_uc", "µC"), ("measured_uc", "µC measured"))
    lines = []
    for channel, peak_ua in enumerate(treatment.peak_ua()):
        said = [f"{_grouped(total[channel])} {unit}" for name, unit in parts if channel < len(total := treatment.total(name))]
        lines.append(tag("p", tag("b", f"Channel {channel + 1}"), f": {', '.join([*said, f'peak {peak_ua / 1_000:.1f} mA'])}."))
    return joined(tag("p", tag("b", "Delivered in all"), f": {_count(len(treatment.sessions), 'session')}, {minutes}."), lines)


def _dose_table(summary: Summary, audit: Audit) -> Markup:
    treatment = summary.treatment
    sessions = treatment.sessions
    others = min(len({reason for reason, _ in treatment.faults}), _FAULTS_LISTED) + min(len(treatment.notes), _NOTES_LISTED)
    listed = max(_SESSIONS_LISTED, _ROWS - others - min(len(audit.findings), _FINDINGS_LISTED))
    measured = any(one.measured_uc for one in sessions)
    names = ["day", "program", "ended", "min", "peak mA", "pulses", "charge µC"] + ["measured µC"] * measured + ["pain", "skin"]
    plain = {"day", "program", "ended", "skin"}
    head = tag("tr", [tag("th", name, class_=None if name in plain else "n") for name in names])
    rows = [_dose_row(one, measured) for one in sessions[-listed:][::-1]]
    note = (
        "Two numbers: channel 1 · channel 2. Charge is that of one phase of every pulse; the other phase takes the same back."
        + (f" The last {listed} sessions; all of them: evenpulse log export." if len(sessions) > listed else "")
    )
    table = tag("table", head, [_row(row, names, plain) for row in rows], class_="dose")
    return joined(table, tag("p", note, class_="key"))


def _row(cells: list, names: list[str], plain: set[str]) -> Markup:
    return tag("tr", [tag("td", cell, class_=None if name in plain else "n") for cell, name in zip(cells, names, strict=True)])


def _dose_row(one: Session, measured: bool) -> list:
    ended = f"{_patient_words(one.reason)}" if one.ended == FAULT else "" if one.ended == COMPLETE else one.ended
    pain = f"{_scale(one.before)} → {_scale(one.after)}" if one.rated else _BLANK
    charges = [_channels(one.charge_uc)] + [_channels(one.measured_uc)] * measured
    return [_day(one.at), printable(one.program), ended or "complete", f"{one.seconds / 60:.1f}", _channels(one.peak_ua, 1_000), _channels(one.pulses), *charges, pain, printable(one.skin or _BLANK)]


def _faults(summary: Summary) -> Markup:
    faults = summary.treatment.faults
    if not faults:
        return tag("section", tag("h2", "Stops and faults"), tag("p", "None.", class_="empty"))
    told = Counter(reason for reason, _ in faults)
    last = dict(faults)
    rows = [
        tag("tr", tag("td", _patient_words(reason), class_="day"), tag("td", count, class_="n"), tag("td", _day(last[reason]), class_="day"), tag("td", _advice(reason)))
        for reason, count in told.most_common(_FAULTS_LISTED)
    ]
    head = tag("tr", tag("th", "patient read"), tag("th", "times", class_="n"), tag("th", "last"), tag("th", "what it is, what to do"))
    return tag("section", tag("h2", "Stops and faults"), tag("table", head, rows), _more(len(told) - _FAULTS_LISTED, "reason"))


def _patient_words(reason: str) -> str:
    return next((words.split("|")[0] for name, words, _ in REASONS if name == reason and words), printable(reason))


def _advice(reason: str) -> str:
    return next((advice for name, _, advice in REASONS if name == reason and advice), "not known to this version; report it with the journal")


def _notes(summary: Summary) -> Markup | None:
    notes = summary.treatment.notes
    if not notes:
        return None
    lines = [tag("p", f"{printable(text)[:90]}" + (f" ({count} times)" if count > 1 else ""), class_="small") for text, count in notes.most_common(_NOTES_LISTED)]
    return tag("section", tag("h2", "Also in the journal"), lines, _more(len(notes) - _NOTES_LISTED, "other record"))


def _prescription(summary: Summary) -> Markup:
    lines = summary.prescription_lines() or ["Prescription not given: nothing here is compared with what was prescribed (--prescription FILE)."]
    return tag("section", tag("h2", "Prescribed"), [tag("p", printable(line), class_="small") for line in lines])


def _journal(audit: Audit) -> Markup:
    said = f"{_count(len(audit.frames), 'sound record')}, checked by a second, independent reader."
    if audit.frames and audit.frames[0].sequence > 1:
        said += f" It starts at record {audit.frames[0].sequence}: older ones were overwritten, as the device does when its memory is full."
    verdict = "Nothing is damaged, missing, moved or doubled." if audit.whole else "It is not whole:"
    found = [
        tag("tr", tag("td", one.record, class_="n"), tag("td", one.what), tag("td", one.means)) for one in audit.findings[:_FINDINGS_LISTED]
    ]
    head = tag("tr", tag("th", "record", class_="n"), tag("th", "seen"), tag("th", "what it means"))
    return tag(
        "section", tag("h2", "Journal"), tag("p", f"{printable(said)} {verdict}", class_="small"),
        found and tag("table", head, found), _more(len(audit.findings) - _FINDINGS_LISTED, "finding"),
    )  # fmt: skip


def _more(count: int, what: str) -> Markup | None:
    return tag("p", f"and {_count(count, f'more {what}')}", class_="small") if count > 0 else None


def _channels(values: tuple[int, ...], divisor: int = 1) -> str:
    if not values:
        return _BLANK
    return " · ".join(_grouped(value) if divisor == 1 else f"{value / divisor:.1f}" for value in values)


def _grouped(value: int) -> str:
    return f"{value:,}".replace(",", "\u202f") if value >= 10_000 else str(value)


def _signed(value: float, digits: int = 1) -> str:
    return f"{value:+.{digits}f}".replace("-", _MINUS)


def _scale(value: int | None) -> str:
    return _BLANK if value is None else str(value)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _day(when: datetime.date | None) -> str:
    return f"{charts.day_text(when)} {when.year}" if when else "no date"
