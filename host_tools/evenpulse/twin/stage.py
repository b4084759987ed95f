"""The output stage of a board as the twin has it: a few numbers of one channel.

boards/<name>/output_stage/reduced.toml has them; twin/staged.py works with them.
"""

import math
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path

from evenpulse.base.errors import BadUsage

FILE = Path("output_stage") / "reduced.toml"
# What service calibrates into
_DUMMY_OHM = 500.0
_NUMBER_MAX = 1e12


@dataclass(frozen=True)
class Stage:
    """Units are in the names; 0 ohm or nF where a part is not there. reduced.toml says what each
    is.
    """

    rail_mv: float
    gain: float = 1.0
    offset_ua: float = 0.0
    bleeder_ohm: float = 0.0
    across_ohm: float = 0.0
    dead_nc: float = 0.0
    dead_ns: float = 0.0
    late_part: float = 0.0
    late_ns: float = 0.0
    late_current: float = 0.0
    sense_ns: float = 0.0
    sense_tau_ns: float = 0.0
    sense_least_ua: float = 0.0
    series_nf: float = 0.0
    series_tau_ms: float = 0.0
    top_mv: float = 0.0
    top_ohm: float = 0.0
    low_mv: float = 0.0
    low_b_mv: float = 0.0
    low_ohm: float = 0.0
    gate_mv: float = 0.0
    gate_tau_us: float = 0.0
    gate_from_mv: float = 0.0
    gate_ua_per_v2: float = 0.0
    gate_ohm: float = 0.0
    gate_part_per_v: float = 0.0
    storage_nf: float = 0.0
    mirror_part: float = 0.0
    supply_mw: float = 0.0
    supply_ma: float = 0.0
    near_mv: float = 0.0
    taken_part: float = 0.0
    idle_mw: float = 0.0
    supply_ohm: float = 0.0
    drain_ohm: float = 0.0
    over_ua: float = 0.0
    over_tau_ns: float = 0.0
    over_ns: float = 0.0
    short_from_ua: float = 0.0
    short_ohm: float = 1.0
    short_mv: float = 0.0
    short_tau_ns: float = 0.0
    short_ns: float = 0.0
    rest_mv: float = 0.0
    rest_tau_ms: float = 0.0
    rest_most_mv: float = math.inf
    rest_clamped_tau_ms: float = 0.0

    @property
    def bleeder_ua_per_mv(self) -> float:
        return 1_000 / self.bleeder_ohm if self.bleeder_ohm else 0.0

    @property
    def across_ua_per_mv(self) -> float:
        return 1_000 / self.across_ohm if self.across_ohm else 0.0

    def share(self, ohm: float) -> float:
        """What the source gives for each part of it that a resistance gets."""
        per_ma_mv = self.bleeder_ua_per_mv * (ohm + self.low_ohm) + self.across_ua_per_mv * ohm
        return 1 + per_ma_mv / 1_000

    def foot_mv(self, sign: int) -> float:
        """What the low side takes that a phase flows into: leg B's in phase A (`sign` 1)."""
        return self.low_mv + (self.low_b_mv if sign > 0 else 0.0)

    def calibrated(self) -> "Stage":
        """The same as it leaves service: what is asked for flows through a dummy of 500 ohm."""
        lost_ua = self.foot_mv(1) * self.bleeder_ua_per_mv
        return replace(self, gain=self.share(_DUMMY_OHM), offset_ua=-lost_ua)


def read(name: str, folder: Path) -> Stage:
    """The stage of a board as its file has it; raises BadUsage for what cannot be read."""
    path = folder / name / FILE
    if not path.is_file():
        raise BadUsage(
            f"board {name} has no output stage reduced for the twin",
            tried=str(path),
            do_next="a board that has one, or no circuit = true",
        )
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadUsage(f"cannot read {path}", seen=str(error), do_next="see nmes2's") from error
    names = [field.name for field in fields(Stage)]
    wrong = [f"{name} is no key" for name in given if name not in names]
    wrong += [f"{name} is missing" for name in names if name not in given]
    wrong += [
        f"{name} is no number from 0 to {_NUMBER_MAX:g}"
        for name, value in given.items()
        if type(value) not in (int, float) or not 0 <= value <= _NUMBER_MAX
    ]
    if wrong:
        raise BadUsage(f"{path}: {wrong[0][:80]}", do_next="the keys and units of nmes2's")
    return Stage(**given)
