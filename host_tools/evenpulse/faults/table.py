"""The faults: one row each. What is done, what must follow, which layer is expected to see it first."""

from collections.abc import Callable
from dataclasses import dataclass

from evenpulse.faults import inject
from evenpulse.faults.judge import LEGS


@dataclass(frozen=True)
class Fault:
    """One kind of fault. `claim` is what the product says about it; `expected` the layers that may answer."""

    name: str
    inject: Callable[[inject.Bench], dict]
    claim: str
    expected: tuple[str, ...]
    must_stop: bool = False
    by_pulse: bool = False  # only a pulse can show it
    pulses: int | None = None  # most pulses of a channel that may begin after it
    stuck: tuple[str, ...] = ()
    through: str | None = None  # a layer that it acts through: without that layer there is no such fault
    stops_cpu: bool = False
    awake: bool = False  # it means something only while the core executes: most of the time it sleeps
    weight: int = 1  # cases of this kind in a deck: more where there is more to choose from


GUARD, DEADMAN, MONITOR, WATCHDOG, FIRMWARE, RESET, SILENT, ITSELF, NONE = (
    "guard", "dead-man", "width monitor", "watchdog", "firmware", "reset", "out of words", "the fault itself", "none needed")
_ANY = (GUARD, DEADMAN, MONITOR, WATCHDOG, FIRMWARE, RESET, SILENT, ITSELF, NONE)
_LEGAL = "output stays legal, or stops"

_CPU = (
    Fault("cpu frozen", inject.freeze_cpu, "off by the dead-man within 100 ms", (DEADMAN,), must_stop=True, stops_cpu=True),
    Fault("cpu in a loop, interrupts off", inject.loop_cpu, "off by the dead-man within 100 ms", (DEADMAN,), must_stop=True, stops_cpu=True),
    Fault("pc corrupted", inject.corrupt_pc, _LEGAL, (DEADMAN, FIRMWARE, RESET, NONE), awake=True, through=FIRMWARE, weight=2),
    Fault("cpu register corrupted", inject.corrupt_register, _LEGAL, (DEADMAN, FIRMWARE, RESET, NONE), awake=True, through=FIRMWARE, weight=3),
    Fault("ram bit flip", inject.flip_ram, _LEGAL, (DEADMAN, FIRMWARE, RESET, NONE), through=FIRMWARE, weight=3),
    Fault("interrupt disabled", inject.disable_interrupt, _LEGAL, (DEADMAN, FIRMWARE, RESET), through=FIRMWARE),
    Fault("exception", inject.raise_in_firmware("RuntimeError"), "off within 1 ms", (FIRMWARE,), must_stop=True, through=FIRMWARE),
    Fault("out of memory", inject.raise_in_firmware("MemoryError"), "off within 1 ms", (FIRMWARE,), must_stop=True, through=FIRMWARE),
    Fault("keyboard interrupt", inject.raise_in_firmware("KeyboardInterrupt"), "off within 1 ms", (FIRMWARE,), must_stop=True, through=FIRMWARE),
    Fault("soft reset", inject.raise_in_firmware("SystemExit"), "off within 1 ms", (FIRMWARE,), must_stop=True, through=FIRMWARE),
    Fault("hard fault", inject.hard_fault, "off by the dead-man within 100 ms", (DEADMAN,), must_stop=True, stops_cpu=True),
)
_WORDS = (
    Fault("pulse word bit flip", inject.flip_word, "no phase beyond the longest and 5 us", (MONITOR, FIRMWARE, NONE), weight=3),
    Fault("dma stopped", inject.stop_dma, "silence, never a repeated pulse", (FIRMWARE, SILENT, NONE)),
    Fault("dma control register", inject.flip_dma_control, _LEGAL, _ANY, weight=2),
    Fault("dma re-pointed", inject.repoint_dma, _LEGAL, _ANY, weight=2),
)
_PIO = (
    Fault("pio0 instruction bit flip", inject.flip_instruction(0), _LEGAL, _ANY, weight=4),
    Fault("pio1 instruction bit flip", inject.flip_instruction(1), _LEGAL, _ANY, weight=3),
    Fault("pio0 machine register", inject.corrupt_machine(0), _LEGAL, _ANY, weight=4),
    Fault("pio1 machine register", inject.corrupt_machine(1), _LEGAL, _ANY, weight=2),
    Fault("machine clock divider", inject.change_divider, _LEGAL, _ANY, weight=2),
    Fault("pio0 machine disabled", inject.disable_machine(0), _LEGAL, _ANY, weight=2),
    Fault("pio1 machine disabled", inject.disable_machine(1), _LEGAL, _ANY),
    Fault("fifo flooded", inject.flood_fifo, _LEGAL, _ANY),
)
_PINS = (
    *(Fault(f"{leg} stuck high", inject.stick_leg(leg), "off within the longest phase and 5 us", (MONITOR,), must_stop=True, stuck=(leg,))
      for leg in LEGS),
    Fault("HV_EN stuck high", inject.stick_leg("HV_EN"), "latent: the legs still stop", (NONE, FIRMWARE), stuck=("HV_EN",)),
    Fault("amplitude stuck at full scale", inject.stick_amplitude, "no second pulse above the cap", (FIRMWARE, GUARD), must_stop=True, by_pulse=True),
    Fault("amplitude compare corrupted", inject.flip_compare, "no second pulse above the cap", (FIRMWARE, NONE)),
    Fault("amplitude pwm corrupted", inject.flip_pwm, "no second pulse above the cap", (FIRMWARE, NONE)),
    Fault("guarded pin's function", inject.flip_guarded_function, _LEGAL, _ANY, weight=2),
    Fault("guarded pin's pad", inject.flip_guarded_pad, _LEGAL, _ANY),
)
_LINE = (
    Fault("interlock glitch of 1 to 20 clocks", inject.glitch_interlock(1, 20), "trips cleanly, or nothing happens", (GUARD, NONE)),
    Fault("interlock low for 1 us and more", inject.glitch_interlock(125, 1_250_000), "off within 8 clocks", (GUARD,), must_stop=True),
    Fault("interlock stuck high", inject.stick_interlock, "latent: STOP still stops", (NONE, FIRMWARE)),
    Fault("interlock pin's function", inject.flip_interlock_function, _LEGAL, _ANY),
    Fault("interlock pin's pad", inject.flip_interlock_pad, _LEGAL, _ANY),
)
_ANALOG = (
    Fault("adc stuck at 0", inject.stick_adc(0), "off within 100 ms of the next pulse", (FIRMWARE,), must_stop=True, by_pulse=True),
    Fault("adc stuck in the middle", inject.stick_adc(2048), "off within 100 ms of the next pulse", (FIRMWARE,), must_stop=True, by_pulse=True),
    Fault("adc stuck at full scale", inject.stick_adc(4095), "off within 100 ms of the next pulse", (FIRMWARE,), must_stop=True, by_pulse=True),
    Fault("adc register", inject.flip_adc, _LEGAL, (FIRMWARE,)),
    Fault("lead off", inject.lead_off, "the next pulse does not come", (FIRMWARE,), must_stop=True, by_pulse=True, pulses=1),
    Fault("short", inject.short, "the next pulse does not come", (FIRMWARE, GUARD), must_stop=True, by_pulse=True, pulses=1),
    Fault("electrode half lifted", inject.lift_half, "the current stays what it was", (NONE, FIRMWARE)),
    Fault("supply dip", inject.dip_supply, _LEGAL, (FIRMWARE, NONE)),
    Fault("supply outside its window", inject.lower_supply, "off within 100 ms", (FIRMWARE,), must_stop=True),
)
_RESETS = (
    Fault("supply lost", inject.lose_supply, "nothing comes back by itself", (RESET,), must_stop=True),
    Fault("watchdog reset", inject.reset_by_watchdog, "nothing comes back by itself", (WATCHDOG,), must_stop=True, through=WATCHDOG),
    Fault("usb plugged in, flood of bytes", inject.flood_usb, "off within 100 ms", (FIRMWARE,), must_stop=True),
    Fault("prescription flash bit flip", inject.flip_flash("PRESCRIPTION"), "refused, or as prescribed", (RESET,), must_stop=True),
    Fault("journal flash bit flip", inject.flip_flash("JOURNAL"), "pulses as prescribed, or none", (RESET,), must_stop=True),
)
FAULTS = (*_CPU, *_WORDS, *_PIO, *_PINS, *_LINE, *_ANALOG, *_RESETS)
# Cases go through the deck again and again: case k is of kind DECK[k modulo its length].
DECK = tuple(fault for turn in range(max(fault.weight for fault in FAULTS)) for fault in FAULTS if turn < fault.weight)
