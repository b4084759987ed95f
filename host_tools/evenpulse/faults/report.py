"""What a campaign says: build/faults.json, the table on the terminal, and the table of layers
for the safety page.
"""

import hashlib
from collections import Counter
from pathlib import Path
from statistics import median

from evenpulse.faults.ablation import LAYERS
from evenpulse.faults.case_told import OUTCOMES, SAFE
from evenpulse.faults.table import FAULTS, NONE

_EXPECTED = {fault.name: fault.expected for fault in FAULTS}
_MANY = 5
_FIGURES = (
    "longest_us",
    "both_legs_us",
    "phase_nc",
    "net_nc",
    "struck_nc",
    "peak_ua",
    "offset_us",
    "off_us",
)


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def summary(results: list[dict], firmware: Path) -> dict:
    """The form of faults.json."""
    stopped = [result for result in results if result["outcome"] == "safe-stopped"]
    return {
        "runs": len(results),
        "seeds": sorted({result["seed"] for result in results}),
        "unsafe": sum(result["outcome"] == "unsafe" for result in results),
        "unnoticed": sum(result["outcome"] == "unnoticed" for result in results),
        "doubles": sum(bool(result.get("after")) for result in results),
        "undecided": sum(result["outcome"] == "undecided" for result in results),
        "by_fault": {
            fault.name: _of_fault([r for r in results if r["fault"] == fault.name])
            for fault in FAULTS
            if any(r["fault"] == fault.name for r in results)
        },
        "by_stage": dict(Counter(result.get("stage") for result in results)),
        "by_layer": {
            layer: _of_layer([r for r in stopped if r["layer"] == layer])
            for layer in sorted({r["layer"] for r in stopped})
        },
        "worst": {figure: _worst(results, figure) for figure in _FIGURES},
        "firmware": sha256(firmware),
        "cases": [result for result in results if result["outcome"] not in SAFE],
    }


def _of_fault(results: list[dict]) -> dict:
    stops = [
        r["off_us"] for r in results if r["outcome"] == "safe-stopped" and r["off_us"] is not None
    ]
    return {
        "runs": len(results),
        **{outcome: sum(r["outcome"] == outcome for r in results) for outcome in OUTCOMES},
        "layers": dict(Counter(r["layer"] for r in results if r["outcome"] == "safe-stopped")),
        "slowest_us": max(stops, default=None),
        "surprises": [
            r["case"]
            for r in results
            if r["outcome"] == "safe-stopped" and r["layer"] not in _EXPECTED[r["fault"]]
        ],
        "why": dict(Counter(finding["kind"] for r in results for finding in r["unsafe"])),
    }


def _of_layer(results: list[dict]) -> dict:
    stops = [r["off_us"] for r in results if r["off_us"] is not None]
    return {
        "stops": len(results),
        "median_us": median(stops) if stops else None,
        "slowest_us": max(stops, default=None),
    }


def _worst(results: list[dict], figure: str) -> dict:
    """Of the cases that are safe: what the patient feels at the most."""
    told = [r for r in results if r.get(figure) is not None and r["outcome"].startswith("safe")]
    worst = max(told, key=lambda r: r[figure], default=None)
    return (
        {"value": worst[figure], "case": worst["case"], "fault": worst["fault"]}
        if worst
        else {"value": None}
    )


def rows(told: dict) -> list[list]:
    """One line a fault for the terminal."""
    return [
        [
            name,
            f["runs"],
            f["safe-stopped"],
            f["safe-harmless"],
            f["undecided"] or "",
            f.get("unnoticed") or "",
            f["unsafe"] or "",
            _layers(f["layers"]),
            _time(f["slowest_us"]),
            ", ".join(f["why"]),
        ]
        for name, f in told["by_fault"].items()
    ]


HEADER = [
    "fault",
    "runs",
    "stopped",
    "harmless",
    "undecided",
    "UNNOTICED",
    "UNSAFE",
    "stopped by",
    "slowest",
    "why",
]


def _layers(counts: dict[str, int]) -> str:
    return ", ".join(
        f"{layer} {count}" if len(counts) > 1 else layer
        for layer, count in sorted(counts.items(), key=lambda c: -c[1])
    )


def _time(microseconds: float | None) -> str:
    if microseconds is None:
        return ""
    if microseconds < 1:
        return f"{microseconds * 125:.0f} clocks"
    return f"{microseconds:.1f} us" if microseconds < 1_000 else f"{microseconds / 1_000:.1f} ms"


def ablation_rows(complete: dict, without: dict[str, dict]) -> list[list]:
    """One line a fault: who stops it with every layer in place, and what is left of the cases
    without each.
    """
    return [
        [
            name,
            _layers(f["layers"]) or NONE,
            _time(f["slowest_us"]),
            f["unsafe"] or "",
            *(
                _without(without[layer]["by_fault"].get(name))
                for layer in LAYERS
                if layer in without
            ),
        ]
        for name, f in complete["by_fault"].items()
    ]


def ablation_header(without: dict[str, dict]) -> list[str]:
    return [
        "fault",
        "stopped by",
        "slowest",
        "UNSAFE",
        *(f"without {layer}" for layer in LAYERS if layer in without),
    ]


def _without(told: dict | None) -> str:
    if told is None:
        return "–"
    bad = told["unsafe"] + told["undecided"]
    stopped_by = _layers(told["layers"])
    return f"{bad} of {told['runs']} unsafe" if bad else stopped_by or NONE


def notice_table() -> str:
    """Markdown for the safety page: who must notice each kind of fault, and within what time, or
    why nobody must.
    """
    lines = ["| fault | may answer | must be noticed |", "|---|---|---|"]
    for fault in FAULTS:
        since = "of the next pulse" if fault.by_pulse else "while output is on"
        when = f"within {fault.notice_ms} ms, {since}" if fault.notice_ms else f"no: {fault.unseen}"
        lines.append(
            f"| {fault.name} | "
            f"{', '.join(fault.expected) if len(fault.expected) < _MANY else 'any'} | {when} |"
        )
    return "\n".join(lines) + "\n"


def _seeds(told: dict) -> str:
    seeds = told["seeds"]
    return f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"


def safety_table(complete: dict, without: dict[str, dict]) -> str:
    """Markdown for the safety page, from the two JSON files alone."""
    claims = {fault.name: fault.claim for fault in FAULTS}
    head = ["fault", "what must follow", *ablation_header(without)[1:]]
    lines = [
        f"{complete['runs']} cases, {_seeds(complete)}, firmware `{complete['firmware'][:12]}`: "
        f"{complete['unsafe']} unsafe, {complete.get('unnoticed', '–')} unnoticed, "
        f"{complete['undecided']} undecided; {complete.get('doubles', 0)} of them two faults.",
        "",
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
    ]
    for name, *rest in ablation_rows(complete, without):
        lines.append("| " + " | ".join([name, claims.get(name, ""), *map(str, rest)]) + " |")
    lines += ["", "| layer | stops | median | slowest |", "|---|---|---|---|"]
    lines += [
        f"| {layer} | {f['stops']} | {_time(f['median_us'])} | {_time(f['slowest_us'])} |"
        for layer, f in complete["by_layer"].items()
    ]
    return "\n".join(lines) + "\n"
