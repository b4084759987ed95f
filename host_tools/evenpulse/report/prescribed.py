"""A prescription in the words of the report."""

from stimcore.fields import shown


def lines(rx: dict) -> list[str]:
    caps = rx["caps"]
    electrodes = f", electrodes {rx['electrode_mm2'] / 100:g} cm²" if "electrode_mm2" in rx else ""
    goal = (
        f"the goal is {caps['sessions_per_week']} sessions a week"
        if "sessions_per_week" in caps
        else "no goal is set (caps.sessions_per_week)"
    )
    return [f"{rx['id']}: {_program_line(one)}" for one in rx["programs"]] + [
        f"{rx['id']}: at most {caps['ch1_ua'] / 1_000:g} mA on channel 1, "
        f"{caps['ch2_ua'] / 1_000:g} mA on channel 2; {goal}, at most {caps['sessions_per_day']} a "
        f"day of {caps['session_s'] / 60:g} min with {caps['rest_s'] / 60:g} min of rest "
        f"between{electrodes}. Issued {rx['issued']}, expires {rx['expires']}."
    ]


def _program_line(one: dict) -> str:
    rate = f"{shown(one['rate_mpps'], 1_000).removesuffix('.0')} pps"
    parts = [f"{one['session_s'] / 60:g} min", rate, f"{one['phase_us']} µs a phase"]
    if "on_ms" in one:
        parts.append(f"{one['on_ms'] / 1_000:g} s on, {one['off_ms'] / 1_000:g} s off")
    parts += [name for name in ("burst", "sweep") if name in one]
    channels = " and ".join(map(str, one["channels"]))
    return (
        f"{one['name']}: {', '.join(parts)}, channel{'s' if len(one['channels']) > 1 else ''} "
        f"{channels}."
    )
