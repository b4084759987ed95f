"""What a logic analyser would have written of the pins of the twin: its own crystal, its own grid,
and the formats that its program exports.

Waves come from a session of the real firmware on the emulated chip; errors are planted into them.
Formats are written here as their programs write them, with nothing of the readers.
"""

import io
import random
import zipfile
from dataclasses import dataclass, replace
from math import ceil

import rig

NS_PER_CLOCK = 8
ROLES = ("CH1_A", "CH1_B", "CH2_A", "CH2_B", "HV_EN", "INTERLOCK_N", "SYNC_OUT", "TRIG_IN")


@dataclass
class Waves:
    """{role: times of its edges in ns}; levels alternate from `first`."""

    ns: dict[str, list[float]]
    first: dict[str, int]
    end_ns: float

    def copy(self):
        return replace(self, ns={role: list(times) for role, times in self.ns.items()})


def of_twin(twin, from_clock=0):
    """The pins of a twin from a clock on; time 0 is there."""
    pins = {rig.gpio(twin, role): role for role in ROLES}
    ns = {role: [] for role in ROLES}
    first = {role: twin.first_levels[gpio] for gpio, role in pins.items()}
    for clock, gpio, level in twin.edges:
        role = pins.get(gpio)
        if role is None:
            continue
        if clock < from_clock:
            first[role] = level
        elif level != (first[role] ^ len(ns[role]) & 1):
            ns[role].append(NS_PER_CLOCK * (clock - from_clock))
    return Waves(ns, first, NS_PER_CLOCK * (twin.now - from_clock))


def stopped(program, ms):
    """The waves of a session of one program, from a little before its first pulse until STOP has
    been pressed.
    """
    twin = rig.running(rig.prescribed_flash(rig.program(**program)))
    twin.run_ms(ms)
    twin.press("STOP", 60)
    twin.run_ms(60)
    return from_start(twin)


def from_start(twin, before_ms=50):
    legs = [rig.gpio(twin, role) for role in rig.LEGS]
    first = next(clock for clock, gpio, level in twin.edges if gpio in legs and level)
    return of_twin(twin, first - before_ms * 125_000)


@dataclass(frozen=True)
class Analyser:
    """Samples at `hz` by a crystal that is `ppm` off and drifts; the first sample comes at a time
    of its own.
    """

    hz: float = 24e6
    ppm: float = 17.3
    drift_ppm_per_s: float = 0.0
    phase: float = 0.37

    def sample(self, ns):
        """The first sample that sees an edge of that time."""
        s = ns / 1e9
        own_s = s * (1 + self.ppm / 1e6) + self.drift_ppm_per_s / 2e6 * s * s
        return max(0, ceil(own_s * self.hz + self.phase))

    def ppm_at(self, s):
        """How much longer it says than a second is, at that time."""
        return self.ppm + self.drift_ppm_per_s * s

    def edges(self, waves, roles):
        """{role: samples at which it differs from before}; what is too short for it is not seen."""
        out = {}
        for role in roles:
            samples = [self.sample(ns) for ns in sorted(waves.ns[role])]
            kept = []
            for sample in samples:
                if kept and kept[-1] == sample:
                    kept.pop()
                else:
                    kept.append(sample)
            out[role] = kept
        return out

    def changes(self, waves, names):
        """(samples, {role: level} as it is from there on), in order."""
        edges = self.edges(waves, names)
        levels = {role: waves.first[role] for role in names}
        rows = sorted((sample, role) for role, samples in edges.items() for sample in samples)
        yield 0, dict(levels)
        for sample, role in rows:
            levels[role] ^= 1
            yield sample, dict(levels)

    def samples(self, waves):
        return self.sample(waves.end_ns)


def sigrok(analyser, waves, names, unit=1, piece=4_000_000):
    """A session of sigrok: {role: name of the channel}."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr("version", "2")
        lines = ["[global]", "sigrok version=0.5.2", "", "[device 1]", "capturefile=logic-1"]
        lines += [f"total probes={len(names)}", f"samplerate={analyser.hz / 1e6:g} MHz"]
        lines += ["total analog=0"]
        lines += [f"probe{k}={name}" for k, name in enumerate(names.values(), 1)]
        file.writestr("metadata", "\n".join([*lines, f"unitsize={unit}", ""]))
        data, last, word = bytearray(), 0, 0
        for sample, levels in analyser.changes(waves, names):
            data += word.to_bytes(unit, "little") * (sample - last)
            last, word = sample, sum(levels[role] << k for k, role in enumerate(names))
        data += word.to_bytes(unit, "little") * (analyser.samples(waves) - last)
        for k in range(0, len(data), piece):
            file.writestr(f"logic-1-{k // piece + 1}", bytes(data[k : k + piece]))
    return out.getvalue()


def vcd(analyser, waves, names):
    """As PulseView exports it: the rate in a comment, changes of one time on a line."""
    codes = {role: chr(33 + k) for k, role in enumerate(names)}
    rate = f"{analyser.hz / 1e6:g} MHz"
    lines = [
        "$date Thu Nov 26 10:00:00 2026 $end",
        "$version libsigrok 0.5.2 $end",
        f"$comment\n  Acquisition with {len(names)}/{len(names)} channels at {rate}\n$end",
        "$timescale 1 ps $end",
        "$scope module libsigrok $end",
        *(f"$var wire 1 {codes[role]} {name} $end" for role, name in names.items()),
        "$upscope $end",
        "$enddefinitions $end",
    ]
    last = {}
    for sample, levels in analyser.changes(waves, names):
        changed = [f"{levels[r]}{codes[r]}" for r in names if last.get(r) != levels[r]]
        lines.append(f"#{round(sample * 1e12 / analyser.hz)} {' '.join(changed)}")
        last = levels
    lines.append(f"#{round(analyser.samples(waves) * 1e12 / analyser.hz)}")
    return ("\n".join(lines) + "\n").encode()


def saleae(analyser, waves, names, head="Time [s],{}", digits=9, between=","):
    """Logic 2; with another head, Logic 1."""
    rows = [head.format(between.join(names.values()))]
    last = None
    for sample, levels in analyser.changes(waves, names):
        if levels != last:
            cells = [f"{sample / analyser.hz:.{digits}f}", *(str(levels[role]) for role in names)]
            rows.append(between.join(cells))
        last = levels
    return ("\n".join(rows) + "\n").encode()


def logic_1(analyser, waves, names):
    return saleae(analyser, waves, names, "Time[s], {}", 15, ", ")


def plain(analyser, waves, names):
    """time,pin,level: the state at the beginning, then the changes."""
    rows, last = ["time,pin,level"], {}
    for sample, levels in analyser.changes(waves, names):
        rows += [
            f"{sample / analyser.hz:.10f},{names[role]},{level}"
            for role, level in levels.items()
            if last.get(role) != level
        ]
        last = levels
    return ("\n".join(rows) + "\n").encode()


FORMATS = {
    "sr": (sigrok, ".sr"),
    "vcd": (vcd, ".vcd"),
    "logic 2": (saleae, ".csv"),
    "logic 1": (logic_1, ".csv"),
    "plain": (plain, ".csv"),
}
SAME_NAMES = {role: role for role in ROLES}
LEGS = {role: role for role in ROLES[:4]}
# As an analyser names them: nothing to go by.
NUMBERED = {role: f"D{k}" for k, role in enumerate(LEGS)}


def write(folder, kind, analyser, waves, names=None):
    """A capture's file; its path."""
    make, suffix = FORMATS[kind]
    path = folder / f"capture{suffix}"
    path.write_bytes(make(analyser, waves, names or SAME_NAMES))
    return path


# --- what is planted ---------------------------------------------------------------------------


def pulses(waves):
    """How many there are in each channel."""
    return len(waves.ns["CH1_A"]) // 2


def move(waves, role, edges, ns):
    """Edges of a line, later by so much."""
    waves = waves.copy()
    for k in edges:
        waves.ns[role][k] += ns
    return waves


def every(waves, role, which, ns):
    """Every rise (0) or fall (1) of a line, later by so much."""
    return move(waves, role, range(which, len(waves.ns[role]), 2), ns)


def late(waves, channel, pulses, ns):
    """Whole pulses of a channel, later."""
    for leg in "AB":
        edges = [at for k in pulses for at in (2 * k, 2 * k + 1)]
        waves = move(waves, f"CH{channel}_{leg}", edges, ns)
    return waves


def without(waves, channel, pulses, legs="AB"):
    waves = waves.copy()
    for leg in legs:
        times = waves.ns[f"CH{channel}_{leg}"]
        gone = {at for k in pulses for at in (2 * k, 2 * k + 1)}
        waves.ns[f"CH{channel}_{leg}"] = [ns for at, ns in enumerate(times) if at not in gone]
    return waves


def too_many(waves, channel, k, ns):
    """A copy of pulse k, so much later."""
    waves = waves.copy()
    for leg in "AB":
        times = waves.ns[f"CH{channel}_{leg}"]
        times[2 * k + 2 : 2 * k + 2] = [one + ns for one in times[2 * k : 2 * k + 2]]
    return waves


def glitch(waves, role, at_ns, ns):
    waves = waves.copy()
    waves.ns[role] = sorted([*waves.ns[role], at_ns, at_ns + ns])
    return waves


def swapped(waves, one, other):
    waves = waves.copy()
    waves.ns[one], waves.ns[other] = waves.ns[other], waves.ns[one]
    return waves


def jitter(waves, channel, draw):
    """Each pulse of a channel by a time of its own."""
    for k in range(len(waves.ns[f"CH{channel}_A"]) // 2):
        waves = late(waves, channel, [k], draw())
    return waves


def normal(seed, ns):
    chance = random.Random(seed)
    return lambda: chance.gauss(0, ns)


def uniform(seed, ns):
    chance = random.Random(seed)
    return lambda: chance.uniform(-ns, ns)


def stretched(waves, share):
    """A train of another rate: starts move, pulses keep their length. What ends it does too."""
    waves = waves.copy()
    origin = waves.ns["CH1_A"][0]
    for role in ("HV_EN", "INTERLOCK_N"):
        waves.ns[role] = [ns + (ns - origin) * max(0, share) for ns in waves.ns[role]]
    for channel in (1, 2):
        a, b = waves.ns[f"CH{channel}_A"], waves.ns[f"CH{channel}_B"]
        for k, ns in enumerate(list(a[::2])):
            by = (ns - waves.ns[f"CH{channel}_A"][0]) * share
            for line in (a, b):
                line[2 * k] += by
                line[2 * k + 1] += by
    waves.end_ns *= 1 + max(0, share)
    return waves
