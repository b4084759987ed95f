"""The limits that outputs are held beside, as data: number, where it comes from, and how sure that
is.

Confidence: "primary" the text was read; "secondary" quoted by others; "commonly quoted" widely
quoted, its text was not read; "product" a compiled ceiling of this firmware. Numbers that the
device enforces are read from stimcore.limits.
"""

from dataclasses import dataclass

from stimcore import limits
from stimcore.busy import longest_phase_us

CONFIDENCE = {
    "primary": "the source's own text was read",
    "secondary": "taken from others who quote it",
    "commonly quoted": "widely quoted; its text was not read",
    "product": "a ceiling compiled into this firmware",
}
_IEC = "commonly quoted for IEC 60601-2-10"
_DRAFT = "FDA 2010 draft, “limited output”"


@dataclass(frozen=True)
class Limit:
    """One limit on one value of the table: `value` is its name in compute.AtLoad; `below`: the
    limit itself is too much.
    """

    value: str
    name: str
    most: float
    unit: str
    # None: at every load
    at_ohm: int | None
    source: str
    confidence: str
    below: bool = False

    def keeps(self, value: float) -> bool:
        """Whether a value is inside."""
        return value < self.most if self.below else value <= self.most

    def margin(self, value: float) -> float:
        """How far below the limit a value is, as a share of the limit."""
        return (self.most - value) / self.most


def table(program: dict, electrode_mm2: int, board: dict) -> list[Limit]:
    """The limits on one program with this electrode on this board."""
    longest_us = longest_phase_us(program)
    ohm = limits.LOAD_OHM
    draft_uc = (limits.CHARGE_BASE_NC + limits.CHARGE_NC_PER_US * longest_us) / 1_000
    shannon_uc = limits.whole_root(electrode_mm2 * limits.SHANNON_NC2_PER_MM2) / 1_000
    rate = limits.RANGES["rate_mpps"][1] / 1_000
    return [
        Limit(
            "peak_ma",
            "peak current",
            board["MAX_UA"] / 1_000,
            "mA",
            None,
            f"ceiling of board {board['NAME']}",
            "product",
        ),
        Limit("open_v", "open-circuit peak voltage", 500, "V", None, _IEC, "secondary"),
        Limit("energy_mj", "energy per pulse", 300, "mJ", ohm, _IEC, "secondary"),
        Limit(
            "rms_ma",
            "r.m.s. current, below 400 Hz",
            limits.RMS_UA_MAX / 1_000,
            "mA",
            ohm,
            _IEC,
            "secondary",
        ),
        Limit(
            "average_ma",
            "average absolute current",
            limits.AVERAGE_UA_BELOW / 1_000,
            "mA",
            ohm,
            _DRAFT,
            "commonly quoted",
            True,
        ),
        Limit(
            "density_ma_cm2",
            "r.m.s. current density",
            limits.DENSITY_UA_PER_MM2_MAX / 10,
            "mA/cm²",
            ohm,
            "above it, special attention",
            "primary",
        ),
        Limit(
            "power_w_cm2",
            "power density, 1 s average",
            limits.POWER_UW_PER_MM2_BELOW / 10_000,
            "W/cm²",
            ohm,
            "FDA muscle stimulator guidance, 1999",
            "primary",
            True,
        ),
        Limit(
            "phase_uc", "phase charge, 20 + 28·t µC", draft_uc, "µC", ohm, _DRAFT, "commonly quoted"
        ),
        Limit(
            "phase_uc",
            "phase charge, Shannon, k = 1.5",
            shannon_uc,
            "µC",
            ohm,
            "damage in cat cortex from k = 1.85; a flag only",
            "primary",
        ),
        Limit(
            "phase_us",
            "phase duration",
            limits.RANGES["phase_us"][1],
            "µs",
            None,
            "compiled ceiling",
            "product",
        ),
        Limit("phase_us", "primary phase", 500, "µs", None, _DRAFT, "commonly quoted", True),
        Limit("rate_pps", "pulse rate", rate, "pps", None, "compiled ceiling", "product"),
        Limit(
            "net_ua",
            "net direct current in therapy",
            100,
            "µA",
            ohm,
            _DRAFT + ", d.c.",
            "commonly quoted",
            True,
        ),
    ]
