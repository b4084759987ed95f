"""What a campaign of broken parts found: a row for each part and fault, the worst of its cases."""

from collections import Counter
from collections.abc import Callable, Sequence

from evenpulse.analog import cases, judge

HEADER = ("part", "fault", "cases", "caught by", "slowest", "worst: patient", "unsafe")
NOBODY = "nobody"
DC_HEADER = ("part", "fault", "direct current", "at", "in words")
# Less is what a sound circuit has with skin behind it
_DC_UA_TOLD = 10


def of(rows: Sequence[dict], planned: Sequence[cases.Case], ngspice: int) -> dict:
    """The kept form: JSON."""
    groups: dict[tuple[str, str], list[dict]] = {}
    stopped = [row["case"] for row in rows if "stopped" in row]
    for row in rows:
        if "stopped" not in row:
            groups.setdefault((row["part"], row["fault"]), []).append(row)
    found = [_group(part, fault, same) for (part, fault), same in groups.items()]
    return {
        "ngspice": ngspice,
        "cases": len(rows),
        "planned": len(planned),
        "each": Counter(case.moment for case in planned if (case.ma, case.load) == cases.WAYS[0]),
        "played": _played(rows),
        "stopped": stopped,
        "softer": [row["case"] for row in rows if "asked" in row],
        "finer": sum("finer" in row for row in rows),
        "unsafe": sum(row["unsafe"] for row in found),
        "named": sum(row["unsafe"] for row in found if _name(row) in cases.LIMITS),
        "unsafe_without": sum(row["unsafe_without"] for row in found),
        "faults": found,
    }


def _played(rows: Sequence[dict]) -> dict[str, dict[str, int]]:
    """{current and load: {moment: cases}}."""
    ways: dict[str, Counter] = {}
    for row in rows:
        _fault, moment, load, ma = row["case"].split(" | ")
        ways.setdefault(f"{ma}, {load}", Counter())[moment] += 1
    return {way: dict(counts) for way, counts in ways.items()}


def coverage(told: dict) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """A table: cases that were played, at each current and load, of the faults that are there."""
    moments = told["each"]
    rows = [
        (way, *(str(counts.get(moment, 0)) for moment in moments))
        for way, counts in told["played"].items()
    ]
    return ("", *(f"{moment}, of {count}" for moment, count in moments.items())), rows


def _group(part: str, fault: str, same: Sequence[dict]) -> dict:
    times = [row["after_us"] for row in same if row["after_us"] is not None]
    worst = max(same, key=lambda row: (len(row["with"]["unsafe"]), row["with"]["over_us"]))
    return {
        "part": part,
        "fault": fault,
        "cases": len(same),
        "who": dict(Counter(row["who"] or NOBODY for row in same).most_common()),
        "slowest_us": max(times, default=None),
        "peak_ma": max(row["with"]["peak_ma"] for row in same),
        "over_us": max(row["with"]["over_us"] for row in same),
        "flow_uc": max(row["with"]["flow_uc"] for row in same),
        "dc_ua": max((row["with"]["dc_ua"] for row in same), key=abs),
        "off_us": max(row["with"]["off_us"] for row in same),
        "left_v": max(row["with"]["left_v"] for row in same),
        "pin_v": max((row["with"]["pin_v"] for row in same), key=abs),
        "unsafe": sum(bool(row["with"]["unsafe"]) for row in same),
        "unsafe_without": sum(bool(row["without"]["unsafe"]) for row in same),
        "why": list(worst["with"]["unsafe"]),
        "worst": worst["case"],
        "unseen": _unseen(same),
    }


def _unseen(same: Sequence[dict]) -> dict | None:
    """The most direct current of the cases that nobody cut."""
    alone = [row for row in same if not row["who"]]
    most = max(alone, key=lambda row: abs(row["with"]["dc_ua"]), default=None)
    if most is None or abs(most["with"]["dc_ua"]) < _DC_UA_TOLD:
        return None
    return {"dc_ua": most["with"]["dc_ua"], "case": most["case"]}


def unseen_dc(told: dict, fails: Callable[[str], str]) -> list[tuple[str, ...]]:
    """Faults with a case of direct current that nobody saw; `fails`: of a part, in words."""
    return [
        (
            row["part"],
            row["fault"],
            f"{abs(row['unseen']['dc_ua']):.0f} µA",
            row["unseen"]["case"].partition(" | ")[2].replace(" | ", ", "),
            fails(row["part"]),
        )
        for row in told["faults"]
        if row["unseen"]
    ]


def rows(told: dict) -> list[tuple[str, ...]]:
    """Those that somebody caught or that are unsafe: the rest is nothing to see."""
    return [words(row) for row in told["faults"] if row["unsafe"] or set(row["who"]) != {NOBODY}]


def words(row: dict) -> tuple[str, ...]:
    caught = ", ".join(f"{who} {count}" for who, count in row["who"].items())
    return (
        row["part"],
        row["fault"],
        str(row["cases"]),
        caught,
        time(row["slowest_us"]),
        patient(row),
        "; ".join(row["why"]),
    )


def patient(row: dict) -> str:
    """In words: what is more than was asked for, and for how long."""
    over = f"{row['peak_ma']:.0f} mA, {row['over_us']:.1f} µs above cap and a tenth"
    parts = [over if row["over_us"] > judge.OVER_US_MIN or row["peak_ma"] > 60 else ""]
    parts += [f"{row['flow_uc']:.1f} µC in one flow" if row["flow_uc"] > 13 else ""]
    parts += [f"{row['dc_ua']:.0f} µA d.c." if abs(row["dc_ua"]) > 5 else ""]
    parts += [f"pin at {row['pin_v']:.1f} V" if row["pin_v"] else ""]
    return "; ".join(part for part in parts if part) or "no more than asked"


def _name(row: dict) -> str:
    return f"{row['part']} {row['fault']}"


def limits(told: dict) -> list[str]:
    """What is unsafe and known: the faults, and why."""
    return [
        f"{_name(row)}: {cases.LIMITS[_name(row)]}"
        for row in told["faults"]
        if row["unsafe"] and _name(row) in cases.LIMITS
    ]


def line(told: dict) -> str:
    known = f" but {told['named']} of known limits" if told["named"] else ""
    return (
        f"{told['cases']} of {told['planned']} cases, {len(told['faults'])} faults: "
        f"{told['unsafe'] - told['named']} unsafe with the interlock{known}, "
        f"{told['unsafe_without']} without, "
        f"{len(told['stopped'])} without an answer (ngspice-{told['ngspice']})"
    )


def time(us: float | None) -> str:
    if us is None:
        return ""
    return f"{us:.1f} µs" if us < 1_000 else f"{us / 1_000:.1f} ms"
