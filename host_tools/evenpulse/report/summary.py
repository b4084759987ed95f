"""A treatment beside what was prescribed, over a period: the numbers of the report, also as JSON."""

import datetime
from dataclasses import dataclass

from evenpulse.audit import Audit
from evenpulse.journal_source import Source
from evenpulse.report.treatment import Treatment

_DAYS_DRAWN_MAX = 366


@dataclass
class Summary:
    """`rx`: a prescription in device form, or None. `first`, `last`: the period, None where no record has a time."""

    source: str
    serial: str | None
    treatment: Treatment
    rx: dict | None
    first: datetime.date | None
    last: datetime.date | None
    read_on: datetime.datetime | None
    unmatched: bool

    @property
    def patient(self) -> str | None:
        return self.rx["patient"] if self.rx else None

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1 if self.first and self.last else 0

    @property
    def drawn_from(self) -> datetime.date | None:
        """The first day that a calendar shows."""
        return max(self.first, self.last - datetime.timedelta(_DAYS_DRAWN_MAX - 1)) if self.first and self.last else None

    @property
    def per_day(self) -> int | None:
        return self.rx["caps"]["sessions_per_day"] if self.rx else None

    @property
    def prescribed(self) -> int:
        """The most sessions that the prescription allowed in the period; 0 where that is not known."""
        return self.per_day * self.days if self.per_day else 0

    @property
    def caps_ma(self) -> tuple[float, ...]:
        return (self.rx["caps"]["ch1_ua"] / 1_000, self.rx["caps"]["ch2_ua"] / 1_000) if self.rx else ()

    @property
    def minutes(self) -> dict[str, float]:
        """Prescribed minutes of each program."""
        return {one["name"]: one["session_s"] / 60 for one in self.rx["programs"]} if self.rx else {}

    def prescription_lines(self) -> list[str]:
        """What was prescribed, a line a program and one for the whole; empty without a prescription."""
        if not self.rx:
            return []
        caps = self.rx["caps"]
        electrodes = f", electrodes {self.rx['electrode_mm2'] / 100:g} cm²" if "electrode_mm2" in self.rx else ""
        return [_program_line(one) for one in self.rx["programs"]] + [
            f"At most {caps['ch1_ua'] / 1_000:g} mA on channel 1, {caps['ch2_ua'] / 1_000:g} mA on channel 2; {caps['sessions_per_day']} sessions a day, "
            f"{caps['session_s'] / 60:g} min each, {caps['rest_s'] / 60:g} min of rest between{electrodes}. Issued {self.rx['issued']}, expires {self.rx['expires']}."
        ]


def _program_line(one: dict) -> str:
    parts = [f"{one['session_s'] / 60:g} min", f"{one['rate_mpps'] / 1_000:g} pps", f"{one['phase_us']} µs a phase"]
    if "on_ms" in one:
        parts.append(f"{one['on_ms'] / 1_000:g} s on, {one['off_ms'] / 1_000:g} s off")
    parts += [name for name in ("burst", "sweep") if name in one]
    channels = " and ".join(map(str, one["channels"]))
    return f"{one['name']}: {', '.join(parts)}, channel{'s' if len(one['channels']) > 1 else ''} {channels}."


def summarize(source: Source, treatment: Treatment, rx: dict | None, until: datetime.date | None) -> Summary:
    """The period runs from the acceptance of the prescription to `until`, to the last reading, or to the last record."""
    days = [one.at.date() for one in treatment.sessions if one.at]
    first = treatment.accepted.date() if treatment.accepted else min(days, default=None)
    last = until or (source.read_on and source.read_on.date()) or (treatment.last_at and treatment.last_at.date())
    if rx and last and not until:
        last = min(last, datetime.date.fromisoformat(rx["expires"]))
    last = max([day for day in (first, last, *days) if day], default=None)
    unmatched = rx is not None and treatment.accepted is None
    return Summary(source.name, source.serial, treatment, rx, first or last, last, source.read_on, unmatched)


def as_dict(summary: Summary, audit: Audit) -> dict:
    """The report's numbers as a JSON object."""
    treatment = summary.treatment
    return {
        "patient": summary.patient,
        "prescription": treatment.prescription,
        "counter": treatment.counter,
        "serial": summary.serial,
        "first_day": summary.first and summary.first.isoformat(),
        "last_day": summary.last and summary.last.isoformat(),
        "days": summary.days,
        "sessions_complete": len(treatment.done()),
        "sessions_started": len(treatment.sessions),
        "sessions_prescribed_max": summary.prescribed or None,
        "minutes": round(sum(one.seconds for one in treatment.sessions) / 60, 1),
        "pulses": list(treatment.total("pulses")),
        "charge_uc": list(treatment.total("charge_uc")),
        "measured_uc": list(treatment.total("measured_uc")),
        "peak_ua": list(treatment.peak_ua()),
        "pain": {program: _pain(treatment, program) for program in treatment.programs()},
        "skin_irritated": sum(one.skin == "irritated" for one in treatment.sessions),
        "faults": [{"reason": reason, "at": at and at.isoformat()} for reason, at in treatment.faults],
        "device_starts": treatment.boots,
        "journal": {
            "records": len(audit.frames),
            "whole": audit.whole,
            "findings": [{"record": one.record, "kind": one.kind, "what": one.what} for one in audit.findings],
        },
        "sessions": [
            {
                "seq": one.sequence,
                "at": one.at and one.at.isoformat(),
                "program": one.program,
                "ended": one.ended,
                "reason": one.reason or None,
                "seconds": one.seconds,
                "pulses": list(one.pulses),
                "charge_uc": list(one.charge_uc),
                "measured_uc": list(one.measured_uc),
                "peak_ua": list(one.peak_ua),
                "pain_before": one.before,
                "pain_after": one.after,
                "skin": one.skin,
            }
            for one in treatment.sessions
        ],
    }


def _pain(treatment: Treatment, program: str) -> dict:
    rated = [one for one in treatment.rated() if one.program == program]
    return {
        "rated": len(rated),
        "mean_before": round(mean([one.before for one in rated]), 2) if rated else None,
        "mean_after": round(mean([one.after for one in rated]), 2) if rated else None,
        "important_relief": sum(one.important < 0 for one in rated),
        "important_worsening": sum(one.important > 0 for one in rated),
    }


def mean(values: list[int]) -> float:
    """Arithmetic mean of at least one value."""
    return sum(values) / len(values)
