"""Output limits: one table, integers only, and the arithmetic that turns a pulse into charge,
r.m.s. and density.

Limits only ever tighten: compiled (this table) -> board -> prescription -> patient. Meeting them is
not compliance with any standard: several numbers are "commonly quoted", and the sources say so.
"""

from stimcore.errors import Refused

_HARD = "compiled ceiling of this product"
_IEC = "commonly quoted for IEC 60601-2-10"
_GIGA = 1_000_000_000

# Name: (lowest, highest, source). A program's field of the same name must lie inside, both ends
# included.
RANGES = {
    "amplitude_ua": (0, 100_000, _HARD),
    "phase_us": (20, 500, _HARD),
    "gap_us": (5, 500, "dead time of the output bridge; " + _HARD),
    "rate_mpps": (1_000, 150_000, _HARD),
    "session_s": (1, 3_600, _HARD),
    "sessions_per_day": (1, 24, _HARD),
    "rest_s": (1_800, 86_400, _HARD),
    "electrode_mm2": (100, 40_000, _HARD),
    "ramp_ms": (0, 60_000, _HARD),
    "on_off_ms": (100, 600_000, _HARD),
    "burst_pulses": (2, 50, _HARD),
    # 8 s of clocks are the most that 30 bits count
    "burst_per_s_mpps": (125, 20_000, _HARD),
    "sweep_ms": (1_000, 60_000, _HARD),
}

# Chip temperature in which output is given; the chip itself is made for -20 to 85
DIE_C = (0, 70)
# Stimulation in 24 hours; compiled ceiling of this product
DAY_TOTAL_S_MAX = 14_400
# Amplitude step; commonly quoted for IEC 60601-2-10
STEP_UA_MAX = 1_000
RMS_UA_MAX = 50_000
AVERAGE_UA_BELOW = 10_000
# 2 mA/cm2
DENSITY_UA_PER_MM2_MAX = 20
# 0.25 W/cm2, into LOAD_OHM
POWER_UW_PER_MM2_BELOW = 2_500
LOAD_OHM = 500
CHARGE_BASE_NC = 20_000
CHARGE_NC_PER_US = 28
# k = 1.5: Q = sqrt(A * 10^1.5) uC with A in cm2, rounded down
SHANNON_NC2_PER_MM2 = 316_227

SOURCES = {
    "charge_nc": (
        "phase charge: 20 + 28 t uC (FDA 2010 draft) and Shannon k = 1.5 on the declared electrode"
    ),
    "rms_ua": "r.m.s. current, 500 ohm, below 400 Hz: " + _IEC,
    "density": "r.m.s. current density that needs special attention, 2 mA/cm2: " + _IEC,
    "average_ua": "average absolute current: FDA 2010 draft",
    "power": "power density: FDA powered muscle stimulator guidance, 1999",
}


def whole_root(n):
    """Largest integer whose square is not above n >= 0 (math.sqrt is single precision on the
    device).
    """
    if n < 2:
        return n
    guess = n
    better = (n + 1) // 2
    # Ends: each guess is smaller than the one before
    while better < guess:
        guess = better
        better = (guess + n // guess) // 2
    return guess


def is_whole(value):
    """True for an integer that is not a bool: nothing else counts as a number here (no float, no
    NaN).
    """
    return isinstance(value, int) and not isinstance(value, bool)


def charge_nc(ua, phase_us):
    """Charge of one phase in nC."""
    return ua * phase_us // 1_000


def charge_limit_nc(phase_us, electrode_mm2):
    """Most charge a phase may carry, in nC, on the declared electrode area."""
    draft = CHARGE_BASE_NC + CHARGE_NC_PER_US * phase_us
    return min(draft, whole_root(electrode_mm2 * SHANNON_NC2_PER_MM2))


def rms_ua(ua, phase_us, rate_mpps):
    """R.m.s. current in uA of a symmetric biphasic train (rounded down): I * sqrt(2 t f)."""
    return whole_root(ua * ua * 2 * phase_us * rate_mpps // 1_000_000_000)


def average_ua(ua, phase_us, rate_mpps):
    """Average absolute current in uA (rounded down): I * 2 t f."""
    return ua * 2 * phase_us * rate_mpps // 1_000_000_000


def check_output(field, ua, phase_us, rate_mpps, electrode_mm2):
    """Refuse an amplitude whose pulses break a derived limit; `field` names what the reader
    wrote. Exact, unrounded.
    """
    shown = "%d.%03d mA with %d us at %d.%03d pps" % (
        ua // 1_000,
        ua % 1_000,
        phase_us,
        rate_mpps // 1_000,
        rate_mpps % 1_000,
    )
    charge_most = charge_limit_nc(phase_us, electrode_mm2)
    density_most = DENSITY_UA_PER_MM2_MAX * electrode_mm2
    # r.m.s. squared, times 10^9
    square = ua * ua * 2 * phase_us * rate_mpps
    # The average, times 10^9
    average = ua * 2 * phase_us * rate_mpps
    rms = rms_ua(ua, phase_us, rate_mpps)
    rows = (
        (
            "charge_nc",
            ua * phase_us > charge_most * 1_000,
            "%d nC a phase, here %d nC" % (charge_most, charge_nc(ua, phase_us)),
        ),
        (
            "rms_ua",
            square > RMS_UA_MAX * RMS_UA_MAX * _GIGA,
            "%d uA r.m.s., here %d uA" % (RMS_UA_MAX, rms),
        ),
        (
            "density",
            square > density_most * density_most * _GIGA,
            "%d uA r.m.s. on %d mm2, here %d uA" % (density_most, electrode_mm2, rms),
        ),
        (
            "average_ua",
            average >= AVERAGE_UA_BELOW * _GIGA,
            "below %d uA on average, here %d uA"
            % (AVERAGE_UA_BELOW, average_ua(ua, phase_us, rate_mpps)),
        ),
        # P = I^2 R in pW against uW/mm2 * mm2
        (
            "power",
            square * LOAD_OHM >= POWER_UW_PER_MM2_BELOW * electrode_mm2 * 1_000_000 * _GIGA,
            "below %d uW/mm2 into %d ohm, here %d uA r.m.s. on %d mm2"
            % (POWER_UW_PER_MM2_BELOW, LOAD_OHM, rms, electrode_mm2),
        ),
    )
    for name, broken, limit in rows:
        if broken:
            raise Refused(
                field,
                shown,
                limit,
                SOURCES[name],
                "lower the cap, the phase duration or the pulse rate",
            )
