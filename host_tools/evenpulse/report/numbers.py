"""The report's numbers as a JSON object."""

import datetime

from evenpulse.journal.entries import words
from evenpulse.report.summary import Part, Summary
from evenpulse.report.treatment import Session, Treatment
from evenpulse.report.weeks import Week, mean, trend


def as_dict(summary: Summary, notices: list[str]) -> dict:
    """The report's numbers as a JSON object."""
    treatment = summary.treatment
    newest = treatment.prescribed[-1] if treatment.prescribed else None
    given = next(iter(summary.rxs.values()), None)
    ends = trend(summary.weeks)
    return {
        "patient": summary.patient,
        "prescription": newest.id if newest else given and given["id"],
        "counter": newest.counter if newest else given and given["counter"],
        "prescriptions": [
            {
                "id": one.id,
                "counter": one.counter,
                "accepted": _iso(summary, one.at),
                "serial": one.serial,
                "sessions_per_week": one.per_week,
            }
            for one in treatment.prescribed
        ],
        "serial": summary.parts[0].serial,
        "serials": [part.serial for part in summary.parts],
        "time_zone": summary.period.zone.says(summary.read_on or treatment.last_at),
        "first_day": summary.first and summary.first.isoformat(),
        "last_day": summary.last and summary.last.isoformat(),
        "days": summary.days,
        "sessions_complete": len(treatment.done()),
        "sessions_started": treatment.begun(),
        "sessions_goal": None if summary.goal is None else round(summary.goal, 1),
        "sessions_allowed_max": summary.allowed or None,
        "sessions_under_other_prescriptions": treatment.earlier,
        "minutes": round(sum(one.seconds for one in treatment.sessions) / 60, 1),
        "pulses": list(treatment.total("pulses")),
        "charge_uc": list(treatment.total("charge_uc")),
        "measured_uc": list(treatment.total("measured_uc")),
        "peak_ua": list(treatment.peak_ua()),
        "pain": {program: _pain(treatment, program) for program in treatment.programs()},
        "pain_before_change": ends and round(mean(ends[1].before) - mean(ends[0].before), 2),
        "weeks": [_week(one) for one in summary.weeks],
        "skin_fine": len(treatment.skin(True)),
        "skin_not_fine": len(treatment.skin(False)),
        "notices": notices,
        "faults": [
            {"reason": one.reason, "channel": one.channel, "at": _iso(summary, one.at)}
            for one in treatment.faults
        ],
        "other_events": [
            {"seq": one.sequence, "event": one.event, "at": _iso(summary, one.at), **one.fields}
            for one in treatment.notes
        ],
        "records_not_as_written_by_this_version": treatment.odd,
        "device_starts": treatment.boots,
        "journal": _journal(summary.parts),
        "sessions": [_session(summary, one) for one in treatment.sessions],
    }


def _iso(summary: Summary, when: datetime.datetime | None) -> str | None:
    return summary.period.zone.local(when).isoformat() if when else None


def _week(week: Week) -> dict:
    return {
        "first_day": week.first.isoformat(),
        "last_day": week.last.isoformat(),
        "sessions_complete": week.complete,
        "sessions_goal": None if week.goal is None else round(week.goal, 1),
        "mean_before": round(mean(week.before), 2) if week.before else None,
        "mean_after": round(mean(week.after), 2) if week.after else None,
        "answers_before": len(week.before),
    }


def _journal(parts: list[Part]) -> dict:
    findings = [
        {"serial": part.serial, "record": one.record, "kind": one.kind, "what": one.what}
        for part in parts
        for one in part.audit.findings
    ]
    return {
        "records": sum(len(part.audit.frames) for part in parts),
        "whole": all(part.audit.whole for part in parts),
        "findings": findings,
    }


def _session(summary: Summary, one: Session) -> dict:
    return {
        "seq": one.sequence,
        "serial": one.serial,
        "prescription": one.prescription and one.prescription[0],
        "at": _iso(summary, one.at),
        "program": one.program,
        "goes_on": one.goes_on,
        "ended": one.ended,
        "reason": one.reason or None,
        "channel": one.channel,
        "seconds": one.seconds,
        "at_least": one.at_least,
        "pulses": list(one.pulses),
        "charge_uc": list(one.charge_uc),
        "measured_uc": list(one.measured_uc),
        "peak_ua": list(one.peak_ua),
        "pain_before": one.before,
        "pain_after": one.after,
        "skin": words("rating", "skin", one.skin),
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
