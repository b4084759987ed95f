"""Ways to do harm at the pins: amplitude, pads, the interlock, the converter."""

from collections.abc import Callable, Sequence

from evenpulse.faults.inject import Bench

_PWM, _PWM_BYTES = 0x40050000, 20
_PWM_REGISTERS = {"CSR": 0, "DIV": 4, "TOP": 16}
_PWM_COMPARE = 12
_ADC = 0x4004C000
_ADC_REGISTERS = {
    "CS": (0, (0, 1, 3, 12, 13, 14, 16, 17, 18, 19, 20)),
    "FCS": (8, (0, 1, 2, 3, 24, 25, 26, 27)),
    "DIV": (16, range(24)),
}
_IO_BANK, _PADS_BANK = 0x40014000, 0x4001C000
# FUNCSEL OUTOVER OEOVER INOVER
_IO_BITS = (0, 1, 2, 3, 4, 8, 9, 12, 13, 16, 17)
# SCHMITT PDE PUE DRIVE IE OD
_PAD_BITS = (1, 2, 3, 4, 5, 6, 7)
_LEGS = ("CH1_A", "CH1_B", "CH2_A", "CH2_B")
_GUARDED = (*_LEGS, "HV_EN")


def _slice(bench: Bench) -> int:
    return _PWM + _PWM_BYTES * (bench.gpio(f"CH{bench.rng.choice(bench.channels)}_AMP") >> 1 & 7)


def flip_compare(bench: Bench) -> dict:
    return bench.flip(_slice(bench) + _PWM_COMPARE, range(32))


def flip_pwm(bench: Bench) -> dict:
    name = bench.rng.choice(list(_PWM_REGISTERS))
    return {
        "register": name,
        **bench.flip(_slice(bench) + _PWM_REGISTERS[name], range(2 if name == "CSR" else 12)),
    }


def stick_leg(role: str) -> Callable[[Bench], dict]:
    def _stick(bench: Bench) -> dict:
        bench.twin.stick(role)
        return {"stuck": [role]}

    return _stick


def stick_amplitude(bench: Bench) -> dict:
    role = f"CH{bench.rng.choice(bench.channels)}_AMP"
    bench.twin.stick(role)
    return {"pin": role}


def stick_interlock(bench: Bench) -> dict:
    bench.twin.stick("INTERLOCK_N")
    return {}


def stick_adc(count: int) -> Callable[[Bench], dict]:
    """Every conversion gives the same number."""

    def _stick(bench: Bench) -> dict:
        adc = bench.rp2040.adc
        convert = adc.on_adc_read

        def _read(channel: int) -> None:
            convert(channel)
            adc.channel_values[channel] = count

        adc.on_adc_read = _read
        return {"count": count}

    return _stick


def flip_adc(bench: Bench) -> dict:
    name = bench.rng.choice(list(_ADC_REGISTERS))
    offset, bits = _ADC_REGISTERS[name]
    return {"register": name, **bench.flip(_ADC + offset, bits)}


def glitch_interlock(shortest: int, longest: int) -> Callable[[Bench], dict]:
    def _glitch(bench: Bench) -> dict:
        clocks = bench.rng.randint(shortest, longest)
        bench.twin.world.pull_interlock("glitch", True)
        bench.twin.at(
            bench.twin.now + clocks, lambda: bench.twin.world.pull_interlock("glitch", False)
        )
        return {"clocks": clocks}

    return _glitch


def flip_pin(
    base: int, step: int, offset: int, bits: Sequence[int], roles: Sequence[str]
) -> Callable[[Bench], dict]:
    """A bit of a pin's own register: function and overrides, or pad."""

    def _flip(bench: Bench) -> dict:
        role = bench.rng.choice(roles)
        return {"pin": role, **bench.flip(base + step * bench.gpio(role) + offset, bits)}

    return _flip


flip_guarded_function = flip_pin(_IO_BANK, 8, 4, _IO_BITS, _GUARDED)
flip_guarded_pad = flip_pin(_PADS_BANK, 4, 4, _PAD_BITS, _GUARDED)
flip_interlock_function = flip_pin(_IO_BANK, 8, 4, _IO_BITS, ("INTERLOCK_N",))
flip_interlock_pad = flip_pin(_PADS_BANK, 4, 4, _PAD_BITS, ("INTERLOCK_N",))
