"""A prescription in words and units that a clinician reads: what it allows, program by program.
Text only, no judgement.
"""

from stimcore import limits
from stimcore import prescription as rules
from stimcore.acceptance import labels_of
from stimcore.busy import longest_phase_us
from stimcore.fields import shown

LANGUAGE_NAMES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish"}


def head(rx: dict) -> dict[str, object]:
    """Who it is for, for how long, and its caps."""
    caps, area = rx["caps"], rx.get("electrode_mm2")
    return {
        "prescription": f"{rx['id']}, number {rx['counter']}",
        "patient": rx["patient"],
        "device": "any of this clinic's" if rx["device"] == "*" else rx["device"],
        "valid": f"{rx['issued']} to {rx['expires']}",
        "checked": ", ".join(name.replace("_", " ") for name in rules.CHECKS if rx["checks"][name]),
        "language": LANGUAGE_NAMES[rx.get("language", "en")],
        "channels": ", ".join(
            f"{channel} {name}" for channel, name in enumerate(labels_of(rx), 1) if name
        )
        or "without names",
        "electrode": f"{shown(area, 100)} cm2"
        if area
        else "not declared: the board's smallest counts",
        "at most": (
            f"{shown(caps['ch1_ua'], 1_000)} mA on channel 1, "
            f"{shown(caps['ch2_ua'], 1_000)} mA on channel 2"
        ),
        **(
            {"goal": f"{caps['sessions_per_week']} sessions a week"}
            if "sessions_per_week" in caps
            else {}
        ),
        "sessions": (
            f"{_duration(caps['session_s'])} each, {caps['sessions_per_day']} a day, "
            f"{_duration(caps['rest_s'])} apart"
        ),
    }


def program(rx: dict, number: int) -> dict[str, object]:
    """One program (from 1): its pulses, its pattern, and the charge they carry at the caps."""
    one = rx["programs"][number - 1]
    longest = longest_phase_us(one)
    charges = ", ".join(
        (
            f"{limits.charge_nc(rx['caps'][f'ch{channel}_ua'], longest) / 1000:g} uC on channel "
            f"{channel}"
        )
        for channel in one["channels"]
    )
    return {
        f"program {number}": one["name"]
        + (f" (preset {one['preset']})" if "preset" in one else ""),
        "channels": _channels(one),
        "pulse": (
            f"{_range(one, 'phase_us', 1)} us a phase, {one['gap_us']} us between, biphasic "
            f"and balanced"
        ),
        "rate": f"{_range(one, 'rate_mpps', 1_000)} pps" + _burst(one),
        "pattern": _pattern(one),
        "duration": _duration(one["session_s"]),
        "charge": f"at most {charges} a phase",
    }


def _channels(one: dict) -> str:
    text = " and ".join(map(str, one["channels"]))
    return text + (f", channel 2 {one['offset_us']} us later" if one.get("offset_us") else "")


def _range(one: dict, key: str, scale: int) -> str:
    if "sweep" not in one:
        return shown(one[key], scale)
    low, high = (shown(value, scale) for value in one["sweep"][key])
    return low if low == high else f"{low} to {high}"


def _burst(one: dict) -> str:
    burst = one.get("burst")
    return (
        f" inside bursts of {burst['pulses']}, {shown(burst['per_s_mpps'], 1_000)} bursts a second"
        if burst
        else ""
    )


def _pattern(one: dict) -> str:
    parts = ["continuous"]
    if "on_ms" in one:
        parts = [f"{shown(one['on_ms'], 1_000)} s on, {shown(one['off_ms'], 1_000)} s off"]
    if "sweep" in one:
        parts.append(f"sweeping in {shown(one['sweep']['period_ms'], 1_000)} s")
    parts.append(
        f"up in {shown(one.get('ramp_up_ms', 0), 1_000)} s, down in "
        f"{shown(one.get('ramp_down_ms', 0), 1_000)} s"
    )
    if one.get("ramp") == "phase":
        parts.append("ramping the phase, not the current")
    if one.get("trigger"):
        parts.append("starts on a trigger")
    return ", ".join(parts)


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min" + (f" {rest} s" if rest else "")
