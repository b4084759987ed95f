"""Power-on self-test: each check has a value and a window. What fails keeps the device in FAULT and
names itself.

Runs with the outputs cut off, before anything can be armed, and again when a person holds START in
the FAULT it caused.
"""

from stimcore import limits, monitor
from stimcore.checks import Check, keeps

# The monitors are rehearsed with the tightest program there is
_SHORTEST = {"phase_us": 20, "gap_us": 5, "channels": [1, 2]}
# And samples with one in which Python is fast enough to show a pulse
_LONGEST = {"phase_us": 500, "gap_us": 5, "channels": [1, 2]}
# 0.5 mA on nmes2
_ZERO_COUNTS = 20
# Of a sense input that 300 ohm to 5 kohm drive, against the chip's pull-up of 50 to 80 kohm
_LEAD_COUNTS = 15, 400
_FREE_BYTES = 100_000
# Of code in RAM: the interpreter and what a round runs are more, all RAM is less
_RAM_BYTES_LEAST, _RAM_BYTES_MOST = 20_000, 200_000
# Faults in which a pin's driver may hang: only then legs and amplitude are moved, HV_EN low
_DRIVERS = ("over_current", "unbalanced", "width")
# Pulses shown to a monitor for its samples
_SHOWN, _MOST_COUNTS = 2, 4_094
_CLOCK_HZ = 125_000_000


def checks(hal, device):
    """Rows (id, function, lowest, highest, unit): the value must lie in the window, both ends
    included. None: not fitted.
    """
    board, rehearsal = device.board, hal.rehearsal
    words = _words(hal, _SHORTEST)
    rows = [
        ("outputs_low", rehearsal.high_outputs, 0, 0, "pins high"),
        ("board_resistors", rehearsal.missing_pulls, 0, 0, "missing"),
        ("stop_loop", rehearsal.line, 1, 1, "level"),
        ("short_line", rehearsal.short_line, 1, 1, "level"),
        ("short_pulls", rehearsal.short_pulls, 0, 0, "level"),
        ("system_clock", hal.clock.hz, _CLOCK_HZ, _CLOCK_HZ, "Hz"),
        ("guard_cuts", lambda: _lesser(rehearsal.guard_us), 0, 200, "us"),
        ("deadman_cuts", lambda: rehearsal.deadman_us(3), 2_900, 5_000, "us"),
    ]
    if device.session.latch.reason in _DRIVERS:
        rows += [
            ("legs_follow", rehearsal.legs_follow, 0, 0, "wrong"),
            ("amplitude_follows", hal.amplitude.follows, 0, 0, "wrong"),
        ]
    for index, leg in enumerate(hal.monitors.roles):
        rows.append(
            (
                "monitor_" + leg.lower(),
                lambda index=index: rehearsal.monitor_us(index, words),
                20,
                250,
                "us",
            )
        )
    for index, meter in enumerate(hal.sensing.meters):
        rows.append(
            (
                "current_zero_ch%d" % (index + 1),
                lambda meter=meter: _counts(hal, meter),
                0,
                _ZERO_COUNTS,
                "counts",
            )
        )
        rows.append(
            (
                "sense_lead_ch%d" % (index + 1),
                lambda meter=meter: _pulled(hal, meter),
                _LEAD_COUNTS[0],
                _LEAD_COUNTS[1],
                "counts",
            )
        )
        rows.append(
            (
                "samples_ch%d" % (index + 1),
                lambda index=index: _samples(hal, index),
                _SHOWN,
                _SHOWN,
                "pulses",
            )
        )
    return rows + [
        ("amplitude_zero", hal.amplitude.reads_back, 0, 0, "counts"),
        ("registers_stand", rehearsal.registers, 0, 0, "register"),
        (
            "supply",
            lambda: hal.sensing.supply_mv(hal.engine.places),
            board.get("SUPPLY_MIN_MV"),
            board.get("SUPPLY_MAX_MV"),
            "mV",
        ),
        (
            "temperature",
            lambda: hal.sensing.temperature_c(hal.engine.places),
            limits.DIE_C[0],
            limits.DIE_C[1],
            "C",
        ),
        ("firmware_intact", lambda: int(hal.seal.holds()), 1, 1, "crc"),
        ("ram_intact", hal.seal.in_ram, _RAM_BYTES_LEAST, _RAM_BYTES_MOST, "bytes"),
        ("development_build", lambda: int(device.identity["dev"]), 0, 0, "dev"),
        ("journal_chain", device.journal.breaks, 0, 0, "breaks"),
        ("prescription", lambda: int(device.prescriptions.bad), 0, 0, "bad"),
        ("calibration_store", lambda: int(device.calibration_damaged), 0, 0, "damaged"),
        # Last: it collects what all of them have left
        ("free_memory", lambda: device.free_bytes(), _FREE_BYTES, 1 << 20, "bytes"),
    ]


def _lesser(time_us):
    """Of two times: in the first the CPU fetches its own code from flash, which may take longer
    than what is timed. What never came, or came before, is negative and so the lesser.
    """
    return min(time_us(), time_us())


def _counts(hal, meter):
    return hal.sensing.counts(meter.adc_input, hal.engine.places) if meter.fitted else None


def _pulled(hal, meter):
    if not meter.fitted:
        return None
    return hal.rehearsal.sense_against_pull(meter.adc_input, hal.engine.places)


def _words(hal, program):
    """Of the width monitors."""
    words = []
    for delay, meter in zip(monitor.SAMPLE_DELAYS, hal.sensing.meters):
        words += [monitor.leg_a_word(delay, meter.adc_input, program), monitor.leg_b_word(program)]
    return words


def _samples(hal, index):
    """Pulses measured of those shown to the monitor of leg A."""
    if not hal.sensing.meters[index].fitted:
        return None
    return hal.rehearsal.samples(index + 1, _words(hal, _LONGEST), (_MOST_COUNTS, _MOST_COUNTS))


def run(hal, device):
    """A Check of each, in order; value and ok are None for what the board does not have."""
    hal.engine.prepare()
    results = []
    for name, measure, low, high, unit in checks(hal, device):
        value = measure()
        results.append(
            Check(name, value, low, high, unit, None if value is None else low <= value <= high)
        )
    return results


def failed(results):
    """Ids of the checks that failed and keep the device in FAULT."""
    return [row.id for row in results if row.ok is False and keeps(row.id)]
