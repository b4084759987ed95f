"""What is soldered and clipped to the board: electrodes, buttons, STOP loop, comparators, supply,
screen, USB sense.

Everything is found by role in the board's own file. Nothing here knows what the firmware means by a
pin.
"""

from collections.abc import Callable, Sequence
from functools import partial

from evenpulse.emulator.chip import Chip
from evenpulse.twin import comparators, outputs
from evenpulse.twin.load import Channel, Electrode
from evenpulse.twin.oled import OledOnBus
from evenpulse.twin.staged import left_mv

_ADC_FIRST_GPIO, _ADC_PADS, _ADC_FULL, _ADC_REFERENCE_MV = 26, 4, 4095, 3300
# 27 °C on ADC channel 4 (datasheet 4.9.5)
_DIE_TEMPERATURE_MV = 706
# R_adc of boards/nmes2/output_stage, against the chip's own pull (datasheet 5.5.3.4: 50 to 80 kΩ)
_SENSE_OHM, _OWN_PULL_OHM = 1_000, 65_000
_INTERLOCK, _VBUS, _STOP, _SHORT = "INTERLOCK_N", "VBUS_SENSE", "STOP", "SHORT_N"
_BUTTON_PREFIX = "BTN_"


class World:
    """The world around one powered chip. `electrodes` outlive a power cycle, so they are passed
    in. `circuit`: the output stage is the board's circuit, not what board.py promises of it.
    """

    def __init__(
        self,
        board: dict,
        chip: Chip,
        electrodes: list[Electrode],
        supply_mv: int,
        vbus: bool,
        circuit: bool = False,
    ):
        self.pins = board["PINS"]
        self._board, self.supply_mv = board, supply_mv
        stage = outputs.in_circuit if circuit else outputs.promised
        self.channels, self._watch = stage(board, electrodes)
        self._gains = [(1.0, 1.0) for _ in electrodes]
        self._legs = [
            (self.gpio(f"CH{n}_A"), self.gpio(f"CH{n}_B")) for n in range(1, len(electrodes) + 1)
        ]
        self._amplitudes = [self.gpio(f"CH{n}_AMP") for n in range(1, len(electrodes) + 1)]
        self._hv_en = self.gpio("HV_EN")
        pins = [(*legs, amplitude) for legs, amplitude in zip(self._legs, self._amplitudes)]
        self._concerned = _concerned(self._hv_en, pins, together=circuit)
        # (clock, gpio, duty) of every PWM pin, at each change
        self.duties: list[tuple[int, int, float]] = []
        self._last_duty = {
            gpio: 0.0 for gpio, direction, *_ in self.pins.values() if direction == "pwm"
        }
        self._sources = self._analog_sources()
        # {ADC input: millivolts} of a line that is tied to a voltage
        self._held: dict[int, float] = {}
        # What the converter's capacitor has kept.
        self._kept_mv = 0.0
        # {line: what a diode takes low with it}
        self._diodes = {self.gpio(_SHORT): _SHORT} if _SHORT in self.pins else {}
        # Button: the clock from which somebody holds it
        self.down_since: dict[str, int] = {}
        self._join(chip)
        self.set_vbus(vbus)

    def _join(self, chip: Chip) -> None:
        """What is soldered to the chip's pins, and what has its supply."""
        self._chip, self._pads = chip, chip.pads
        self._short_release = chip.rp2040.clock.create_alarm(lambda: self._pull_short(False))
        self._comparators = self._watch(chip, self._compare, self._settle)
        self._pads.on_edge.append(self._on_edge)
        chip.pwm.on_change = self._on_duty
        chip.rp2040.adc.on_adc_read = self._on_adc_read
        self.screen = (
            OledOnBus(chip.rp2040, self._board["OLED_I2C"], self._board["OLED_ADDRESS"]).display
            if "OLED_SDA" in self.pins
            else None
        )

    def change_chip(self, chip: Chip) -> None:
        """Its supply was cut, or came back: what only a supply keeps is gone."""
        self._join(chip)
        self._pull_short(False)
        for who in (_SHORT, *self._comparators.own):
            self.pull_interlock(who, False)
        for gpio, duty in self._last_duty.items():
            if duty:
                self._on_duty(gpio)
        self._settle()

    def gpio(self, role: str) -> int:
        return self.pins[role][0]

    def active(self, role: str) -> int:
        return self.pins[role][2]

    def buttons(self) -> list[str]:
        return [
            role.removeprefix(_BUTTON_PREFIX)
            for role in self.pins
            if role.startswith(_BUTTON_PREFIX)
        ]

    def set_button(self, button: str, pressed: bool) -> None:
        """Close or open a button; STOP also opens the interlock loop it is part of."""
        role = _BUTTON_PREFIX + button
        if pressed:
            self.down_since.setdefault(button, self._chip.loop.now)
        else:
            self.down_since.pop(button, None)
        self._pads.switch(self.gpio(role), self.active(role) if pressed else None)
        if button == _STOP:
            self.pull_interlock("STOP button", pressed)

    def pull_interlock(self, who: str, pull: bool) -> None:
        """Pull the interlock line low, or let it go; others may still hold it."""
        self._pads.switch(self.gpio(_INTERLOCK), self.active(_INTERLOCK) if pull else None, who)

    def pulls(self, who: str) -> bool:
        """Whether somebody pulls the interlock line."""
        return self._pads.is_held(self.gpio(_INTERLOCK), who)

    def set_vbus(self, present: bool) -> None:
        level = self.active(_VBUS)
        self._pads.switch(self.gpio(_VBUS), level if present else 1 - level)

    def stick(self, role: str, stuck: bool) -> None:
        """A driver that stays high."""
        self._pads.stick(self.gpio(role), 1 if stuck else None)
        self._settle()

    def hold_sense(self, index: int, millivolts: float | None) -> None:
        """A defect: a channel's sense line stays at a voltage whatever flows (None: repaired)."""
        role = f"CH{index + 1}_SENSE"
        if role in self.pins:
            number = self.gpio(role) - _ADC_FIRST_GPIO
            self._held.pop(number, None)
            if millivolts is not None:
                self._held[number] = millivolts

    def open_sense(self, index: int, driven: Callable[[], float | None] = lambda: None) -> None:
        """A defect: nothing drives a channel's sense input any more; or what is given here does."""
        self._sources[self.gpio(f"CH{index + 1}_SENSE") - _ADC_FIRST_GPIO] = driven

    def change_source(self, index: int, leg_a: float, leg_b: float) -> None:
        """A channel's source gives so many times what the amplitude asks for, in each direction."""
        self._gains[index] = leg_a, leg_b
        self._settle()

    def short_low(self, index: int, sign: int) -> None:
        """A defect: the low side of leg A (1) or B (-1) is always on (0: repaired)."""
        self.channels[index].advance(self._chip.loop.now)
        self.channels[index].shorted_low = sign
        self._settle()

    def change_electrode(self, index: int, **changes: object) -> None:
        """Change a load while current may flow through it."""
        channel = self.channels[index]
        channel.advance(self._chip.loop.now)
        for name, value in changes.items():
            setattr(channel.electrode, name, value)
        self._settle()

    def _sensed_mv(self, channel: Channel) -> float:
        return channel.sensed_ua() * self._board["SENSE_NV_PER_UA"] / 1e6

    def _analog_sources(self) -> dict:
        """ADC input: function giving millivolts, None where nothing drives it."""
        sources: dict[int, Callable[[], float | None]] = {4: lambda: _DIE_TEMPERATURE_MV}
        for number, channel in enumerate(self.channels, 1):
            if f"CH{number}_SENSE" in self.pins:
                sources[self.gpio(f"CH{number}_SENSE") - _ADC_FIRST_GPIO] = partial(
                    self._sensed_mv, channel
                )
        if "SUPPLY_SENSE" in self.pins:
            sources[self.gpio("SUPPLY_SENSE") - _ADC_FIRST_GPIO] = lambda: (
                left_mv(self.channels, self.supply_mv) / self._board["SUPPLY_DIVIDER"]
            )
        return sources

    def _on_adc_read(self, number: int) -> None:
        """A conversion begins: the converter holds the voltage of this moment, and is done 2 µs
        later.
        """
        adc, now = self._chip.rp2040.adc, self._chip.loop.now
        for channel in self.channels:
            channel.advance(now)
        millivolts = self._kept_mv = self._at_converter(number)
        adc.current_channel = number
        # AINSEL has three bits: 5 to 7 are no input.
        if number >= len(adc.channel_values):
            adc.channel_values += [0] * (number + 1 - len(adc.channel_values))
        adc.channel_values[number] = min(
            _ADC_FULL, max(0, round(millivolts * _ADC_FULL / _ADC_REFERENCE_MV))
        )
        adc.sample_alarm.schedule(adc.sample_time * 1000)

    def _at_converter(self, number: int) -> float:
        """Voltage of an input: what drives it, against the pull of the chip's own pad."""
        if number in self._held:
            return self._held[number]
        driven = self._sources[number]() if number in self._sources else 0.0
        gpio = number + _ADC_FIRST_GPIO
        pull = self._pads.own_pull(gpio) if number < _ADC_PADS else None
        if pull is None:
            return self._kept_mv if driven is None else driven
        pulled = pull * _ADC_REFERENCE_MV
        if driven is None:
            return pulled
        return driven + (pulled - driven) * _SENSE_OHM / (_SENSE_OHM + _OWN_PULL_OHM)

    def _on_edge(self, _clock: int, gpio: int, level: int) -> None:
        if gpio in self._concerned:
            self._settle(self._concerned[gpio])
        elif gpio in self._diodes:
            self.pull_interlock(self._diodes[gpio], not level)

    def _on_duty(self, gpio: int) -> None:
        """A PWM pin's duty may have changed, in the middle of a pulse or not."""
        if gpio not in self._last_duty:
            return
        clock, duty = self._chip.loop.now, self._chip.pwm.duty(gpio)
        if self._last_duty[gpio] != duty:
            self._last_duty[gpio] = duty
            self.duties.append((clock, gpio, duty))
        if gpio in self._amplitudes:
            self._settle(self._concerned[gpio])

    def _settle(self, concerned: Sequence[int] | None = None) -> None:
        """Tell channels (or all) what their sources and bridges do now: current flows while exactly
        one leg is on and HV_EN is.
        """
        now, levels = self._chip.loop.now, self._pads.levels
        powered = bool(levels[self._hv_en])
        for index in self._concerned[self._hv_en] if concerned is None else concerned:
            channel = self.channels[index]
            channel.set_power(now, powered)
            leg_a, leg_b = self._legs[index]
            sign = levels[leg_a] - levels[leg_b] if powered else 0
            channel.set_drive(now, self._wanted_ua(index, sign) if sign else 0.0, sign)
        if self._board["OUTPUT_STAGE"]:
            self._comparators.look()

    def _compare(self, who: str, low: bool) -> None:
        """A comparator pulls its line, or lets it go; a short is held by its own circuit."""
        if who != comparators.SHORT:
            self.pull_interlock(who, low)
        elif low:
            self._pull_short(True)
            self._short_release.schedule(self._board["SHORT_HOLD_MS"] * 1_000_000)

    def _pull_short(self, pull: bool) -> None:
        """The comparators' line is wired into the interlock's; where the board has SHORT_N the
        firmware reads it to tell the two apart.
        """
        if _SHORT in self.pins:
            self._pads.switch(self.gpio(_SHORT), self.active(_SHORT) if pull else None)
        else:
            self.pull_interlock(_SHORT, pull)

    def _wanted_ua(self, index: int, sign: int) -> float:
        """Current that the amplitude pin asks for in a direction; its filter is taken as ideal."""
        gpio = self._amplitudes[index]
        is_pwm = self._chip.rp2040.gpio[gpio].function_select == 4 and not self._pads.is_stuck(gpio)
        ratio = self._chip.pwm.duty(gpio) if is_pwm else float(self._pads.levels[gpio])
        leg_a, leg_b = self._gains[index]
        return ratio * self._board["FULL_SCALE_UA"] * (leg_b if sign < 0 else leg_a)


def _concerned(
    hv_en: int, pins: Sequence[tuple[int, ...]], together: bool
) -> dict[int, Sequence[int]]:
    """{GPIO: the channels whose current depends on it}, with the pins of each; `together`: in a
    circuit time counts in steps, the same for all.
    """
    every = range(len(pins))
    own = {
        gpio: every if together else range(index, index + 1)
        for index, gpios in enumerate(pins)
        for gpio in gpios
    }
    return {**own, hv_en: every}
