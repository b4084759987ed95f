"""The page itself: what a clinician must see first, then use and pain; the other sheet is in
report/details.
"""

from collections import Counter
from pathlib import Path

from evenpulse.base import sheet
from evenpulse.base.markup import Markup, joined, tag
from evenpulse.base.printable import counted, printable
from evenpulse.report import charts, details
from evenpulse.report.axis import Axis
from evenpulse.report.cells import BLANK, date, day_of, more, signed
from evenpulse.report.summary import Summary
from evenpulse.report.treatment import Rated, Session
from evenpulse.report.weeks import mean, trend
from evenpulse.report.words import NOTES, fault

_STYLE = Path(__file__).with_name("page.css")
# What fits two printed pages; the rest is counted, and is in the journal.
_PROGRAMS_DRAWN = 2
_PROGRAMS_TOLD = 5
_DAYS_NAMED = 4
_DISCLAIMER = (
    "Evenpulse is an engineering reference and not a certified medical device. This report repeats "
    "what the device wrote down; it diagnoses nothing and replaces no judgement."
)


def render(summary: Summary) -> str:
    """The whole HTML file."""
    body = joined(
        _head(summary),
        _notices(summary),
        _tiles(summary),
        _integrity_line(summary),
        _use(summary),
        _pain(summary),
        tag("div", details.sheet(summary), class_="sheet"),
        tag("footer", tag("p", _DISCLAIMER)),
    )
    newest = summary.treatment.prescribed[-1].id if summary.treatment.prescribed else ""
    title = printable(f"Treatment report {summary.patient or ''} {newest}")
    page = sheet.render(title, _STYLE, body)
    return page.encode("utf-8", "replace").decode("utf-8")


def _head(summary: Summary) -> Markup:
    numbers = list(
        dict.fromkeys(f"{one.id} (counter {one.counter})" for one in summary.treatment.prescribed)
    )
    given = [f"{name} (counter {counter})" for name, counter in summary.rxs]
    devices = [f"{part.serial or 'not known'}" for part in summary.parts]
    rows = (
        ("patient", summary.patient or "not named in the journal"),
        ("prescription" + "s" * (len(numbers) > 1), numbers or given or "none in the journal"),
        ("period", _period(summary)),
        ("device" + "s" * (len(devices) > 1), devices),
    )
    who = [
        tag(
            "div",
            tag("span", name),
            [tag("b", printable(one)) for one in ([value] if isinstance(value, str) else value)],
        )
        for name, value in rows
    ]
    read = f"journal read {day_of(summary.period.zone, summary.read_on)}" if summary.read_on else ""
    zone = (
        f"Days are those of "
        f"{summary.period.zone.says(summary.read_on or summary.treatment.last_at)}."
    )
    head = tag("header", tag("h1", "Treatment report"), tag("span", read, class_="small"))
    return joined(head, tag("div", who, class_="who"), tag("p", zone, class_="key"))


def _period(summary: Summary) -> str:
    if not summary.first or not summary.last:
        return "not known"
    if summary.days == 1:
        return f"{date(summary.first)} (1 day)"
    return f"{date(summary.first)} to {date(summary.last)} ({counted(summary.days, 'day')})"


def notices(summary: Summary) -> list[str]:
    """What a clinician must not miss, most urgent first."""
    treatment = summary.treatment
    bad = treatment.skin(False)
    worse = [one for one in treatment.sessions if one.important > 0]
    grave = [one for one in treatment.notes if one.event in NOTES and NOTES[one.event].rank == 0]
    kinds = list(dict.fromkeys(one.event for one in grave))
    lines = [
        bad
        and (
            f"Skin not fine after {counted(len(bad), 'session')}, the patient says: "
            f"{_days(summary, bad)}. See the skin before it goes on."
        ),
        worse
        and (
            f"Pain worse by an important amount after {counted(len(worse), 'session')}: "
            f"{_days(summary, worse)}."
        ),
        not summary.whole
        and (
            "The journal is not whole: what is told here may be incomplete. See the end of the "
            "report."
        ),
        summary.unmatched
        and (
            "The journal does not show that the device accepted this prescription: every session "
            "in it is counted."
        ),
        *[
            NOTES[kind].says(next(one.fields for one in reversed(grave) if one.event == kind))
            for kind in kinds[:_DAYS_NAMED]
        ],
    ]
    return [printable(line) for line in lines if line]


def _notices(summary: Summary) -> Markup | None:
    told = [tag("p", line) for line in notices(summary)]
    return tag("div", told, class_="notices") if told else None


def _days(summary: Summary, sessions: list[Session]) -> str:
    days = list(dict.fromkeys(day_of(summary.period.zone, one.at) for one in sessions))
    older = len(days) - _DAYS_NAMED
    return ", ".join(days[-_DAYS_NAMED:]) + (
        f" and on {counted(older, 'earlier day')}" if older > 0 else ""
    )


def _tiles(summary: Summary) -> Markup:
    tiles = _sessions_tile(summary), _pain_tile(summary), _skin_tile(summary), _fault_tile(summary)
    return tag("div", *tiles, class_="tiles")


def _tile(name: str, big: object, *lines: str, alert: bool = False) -> Markup:
    small = [tag("small", line) for line in lines if line]
    return tag(
        "div", tag("span", name), tag("b", big), small, class_="tile alert" if alert else "tile"
    )


def _sessions_tile(summary: Summary) -> Markup:
    treatment, goal = summary.treatment, summary.goal
    done = len(treatment.done())
    cut = treatment.begun() - done
    short = f"{cut} more cut short" if cut > 0 else ""
    allowed = f"up to {summary.per_day} a day allowed" if summary.per_day else ""
    if not goal:
        return _tile("Sessions", done, "complete; no goal is prescribed", allowed, short)
    return _tile(
        "Sessions",
        f"{done} of {goal:.0f}",
        f"complete: {100 * done / goal:.0f} % of the goal",
        short,
    )


def _pain_tile(summary: Summary) -> Markup:
    rated = summary.treatment.rated()
    if not rated:
        return _tile("Pain after a session", BLANK, "no session was rated before and after")
    better = sum(one.important < 0 for one in rated)
    words = f"points (0–10) on average; important relief in {better} of {len(rated)} rated sessions"
    return _tile("Pain after a session", signed(mean([one.change for one in rated])), words)


def _skin_tile(summary: Summary) -> Markup:
    fine, bad = len(summary.treatment.skin(True)), len(summary.treatment.skin(False))
    if not fine + bad:
        return _tile("Skin", BLANK, "no answer")
    if not bad:
        return _tile(
            "Skin", "fine", f"in {'the only answer' if fine == 1 else f'all {fine} answers'}"
        )
    return _tile("Skin", f"{bad} ×", f"not fine, of {counted(fine + bad, 'answer')}", alert=True)


def _fault_tile(summary: Summary) -> Markup:
    told = Counter(one.reason for one in summary.treatment.faults)
    words = ", ".join(
        f"{printable(fault(reason).what)} {count}" for reason, count in told.most_common(2)
    )
    return _tile("Stops and faults", told.total(), words or "none")


def _integrity_line(summary: Summary) -> Markup | None:
    if not summary.whole:
        return None
    spans = [
        f"{part.serial or part.name}: " * (len(summary.parts) > 1)
        + f"records {part.audit.frames[0].sequence} to {part.audit.frames[-1].sequence}"
        for part in summary.parts
        if part.audit.frames
    ]
    told = (
        f"Journal verified: {'; '.join(spans)}, each with its checksum, each joined to the one "
        f"before."
    )
    return tag("p", printable(told), class_="ok small") if spans else None


def _use(summary: Summary) -> Markup:
    treatment = summary.treatment
    if not treatment.sessions:
        return tag(
            "section",
            tag("h2", "Use"),
            tag("p", "No session was started in this period.", class_="empty"),
        )
    axis = Axis.of(summary)
    clock = (
        f"The device's clock stands still while it is off (switched on "
        f"{counted(treatment.boots, 'time')} in this period): "
        "a session may have been later than shown, never earlier."
    )
    goal = "" if summary.goal is None else ", against the goal"
    cut = "" if summary.drawn_from == summary.first else f" Shown from {date(summary.drawn_from)}."
    other = f"Sessions under other prescriptions, not in this report: {treatment.earlier}."
    return tag(
        "section",
        tag("h2", "Use, by day"),
        axis and [charts.calendar(summary, axis), charts.weeks(summary, axis)],
        tag(
            "p",
            f"Dark: complete. Half: cut short. Below: complete sessions of each week{goal}.{cut}",
            class_="key",
        ),
        treatment.boots > 0 and tag("p", clock, class_="key"),
        treatment.earlier > 0 and tag("p", other, class_="key"),
    )


def _pain(summary: Summary) -> Markup:
    rated, axis = summary.treatment.rated(), Axis.of(summary)
    told = _trend(summary, axis)
    if not rated:
        return tag(
            "section",
            tag("h2", "Pain"),
            told,
            tag("p", "No session was rated before and after.", class_="empty"),
        )
    key = (
        "Above: pain before (hollow) and after (filled) each rated session, where it was in time. "
        "Below: the change; downwards is relief. An important change is about 2 points (dashed) or "
        "30 % of the pain before (dotted): dark bars reach one, ▲ is an important worsening."
    )
    programs = list(dict.fromkeys(one.program for one in rated))
    drawn, parts = min(len(programs), _PROGRAMS_DRAWN), []
    for number, program in enumerate(programs[:_PROGRAMS_TOLD]):
        sessions = [one for one in rated if one.program == program]
        parts.append(tag("p", tag("b", printable(program)), ", ", _pain_sentence(sessions)))
        if number < _PROGRAMS_DRAWN and axis:
            parts.append(charts.pain(sessions, drawn, axis))
    left_out = more(len(programs) - _PROGRAMS_TOLD, "program")
    return tag("section", tag("h2", "Pain"), told, parts, left_out, tag("p", key, class_="key"))


def _trend(summary: Summary, axis: Axis | None) -> Markup | None:
    """What became of the pain that the patient came with, over the weeks."""
    ends = trend(summary.weeks)
    if not ends or not axis:
        return None
    (first, last), weeks = ends, summary.weeks
    was, now = mean(first.before), mean(last.before)
    change = now - was
    important = abs(change) >= 2 or abs(change) * 10 >= 3 * was > 0
    verdict = (
        ("an important relief" if change < 0 else "an important worsening")
        if important
        else "no important change"
    )
    said = (
        f"Pain before a session: {was:.1f} in week {weeks.index(first) + 1} "
        f"({counted(len(first.before), 'answer')}), {now:.1f} in week {weeks.index(last) + 1} "
        f"({counted(len(last.before), 'answer')}): {signed(change)} points, {verdict}."
    )
    return joined(tag("p", tag("b", "Over the weeks. "), said), charts.trend(weeks, axis))


def _pain_sentence(sessions: list[Rated]) -> str:
    before, after = mean([one.before for one in sessions]), mean([one.after for one in sessions])
    share = f", {signed(100 * (after - before) / before, 0)} %" if before else ""
    worse = sum(one.important > 0 for one in sessions)
    return (
        f"{counted(len(sessions), 'rated session')}: {before:.1f} before, {after:.1f} after on "
        f"average ({signed(after - before)} points{share}). Important relief in "
        f"{sum(one.important < 0 for one in sessions)}"
        + (f", important worsening in {worse}." if worse else ".")
    )
