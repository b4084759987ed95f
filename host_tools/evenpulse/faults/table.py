"""The faults: one row each. What is done, what must follow, which layer is expected to see it
first, and by when somebody must have.

Each row says within what time its fault must be noticed (`notice_ms`), or why it need not be
(`unseen`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from evenpulse.faults import inject, inject_pins, inject_pio, inject_world
from evenpulse.faults.judge_base import LEGS, STOP_MS


@dataclass(frozen=True)
class Fault:
    """One kind of fault. `claim` is what the product says about it; `expected` the layers that
    may answer.
    """

    name: str
    inject: Callable[[inject.Bench], dict]
    claim: str
    expected: tuple[str, ...]
    must_stop: bool = False
    # From when it can be noticed: at once, or with the first pulse after it (`by_pulse`)
    notice_ms: int | None = None
    # Why nobody must notice it
    unseen: str = ""
    # Only a pulse can show it
    by_pulse: bool = False
    # Most pulses of a channel that may begin after it
    pulses: int | None = None
    stuck: tuple[str, ...] = ()
    # A layer that it acts through: without that layer there is no such fault
    through: str | None = None
    stops_cpu: bool = False
    # It means something only while the core executes: most of the time it sleeps
    awake: bool = False
    # The load may take less than was set
    load: bool = False
    # It presses buttons: what is set then is anybody's
    hand: bool = False
    # It needs a session, or firmware that has started, to act upon
    session: bool = False
    # It may go unseen for a while: another fault may meet it
    latent: bool = False
    # Latent faults that take away the one way in which this could be seen: the self-test is for
    # those
    not_after: tuple[str, ...] = ()
    # Cases of this kind in a deck: more where there is more to choose from
    weight: int = 1


GUARD, DEADMAN, MONITOR, WATCHDOG, FIRMWARE, RESET, SILENT, ITSELF, NONE = (
    "guard",
    "dead-man",
    "width monitor",
    "watchdog",
    "firmware",
    "reset",
    "out of words",
    "the fault itself",
    "none needed",
)
_ANY = (GUARD, DEADMAN, MONITOR, WATCHDOG, FIRMWARE, RESET, SILENT, ITSELF, NONE)
_LEGAL = "output stays legal, or stops"
_NOTICED = "noticed within 100 ms"
_LINE_STUCK, _HV_STUCK = "interlock stuck high", "HV_EN stuck high"
_ALL_INTERRUPTS, _TRIP, _SAMPLES = range(26), 7, 11
_REWRITTEN = "PIO memory cannot be read back: it is written anew in every round"
_LOADED_ANEW = "a register that the program loads anew before it is used"
_IDLE = "a channel that waits for its partner is set up anew when it is its turn"

_CPU = (
    Fault(
        "cpu frozen",
        inject.freeze_cpu,
        "off by the dead-man within 100 ms",
        (DEADMAN,),
        must_stop=True,
        notice_ms=STOP_MS,
        stops_cpu=True,
    ),
    Fault(
        "cpu in a loop, interrupts off",
        inject.loop_cpu,
        "off by the dead-man within 100 ms",
        (DEADMAN,),
        must_stop=True,
        notice_ms=STOP_MS,
        stops_cpu=True,
    ),
    Fault(
        "pc corrupted",
        inject.corrupt_pc,
        _LEGAL,
        (DEADMAN, FIRMWARE, RESET, NONE),
        unseen="code may come back to where it was",
        awake=True,
        through=FIRMWARE,
        weight=2,
    ),
    Fault(
        "cpu register corrupted",
        inject.corrupt_register,
        _LEGAL,
        (DEADMAN, FIRMWARE, RESET, NONE),
        unseen="most are written before they are read",
        awake=True,
        through=FIRMWARE,
        latent=True,
        weight=3,
    ),
    Fault(
        "ram bit flip",
        inject.flip_ram,
        _LEGAL,
        (DEADMAN, FIRMWARE, RESET, NONE),
        unseen="most of it is text; what safety rests on has a row of its own",
        through=FIRMWARE,
        latent=True,
        weight=3,
    ),
    Fault(
        "safety data bit flip",
        inject.flip_safety_data,
        _NOTICED,
        (FIRMWARE, DEADMAN, RESET, MONITOR),
        notice_ms=STOP_MS,
        through=FIRMWARE,
        session=True,
        latent=True,
        weight=4,
    ),
    Fault(
        "interrupt of trip or samples disabled",
        inject.disable_interrupt((_TRIP, _SAMPLES)),
        _NOTICED,
        (FIRMWARE,),
        notice_ms=STOP_MS,
        through=FIRMWARE,
        session=True,
        latent=True,
    ),
    Fault(
        "interrupt disabled",
        inject.disable_interrupt([n for n in _ALL_INTERRUPTS if n not in (_TRIP, _SAMPLES)]),
        _LEGAL,
        (DEADMAN, FIRMWARE, RESET),
        unseen="leg B and a monitor that pulls are watched; on the others nothing rests in therapy",
        through=FIRMWARE,
        latent=True,
    ),
    Fault(
        "interrupts masked",
        inject.mask_interrupts,
        _NOTICED,
        (FIRMWARE, DEADMAN, RESET),
        notice_ms=STOP_MS,
        through=FIRMWARE,
        session=True,
        latent=True,
    ),
    Fault(
        "timer stands",
        inject.run_timer_at(0),
        _NOTICED,
        (FIRMWARE, DEADMAN),
        notice_ms=STOP_MS,
        through=FIRMWARE,
        session=True,
    ),
    Fault(
        "timer half as fast",
        inject.run_timer_at(500),
        "the session ends in time",
        (FIRMWARE, DEADMAN, NONE),
        unseen="the second session timer counts the core's clock and ends the session in time",
        through=FIRMWARE,
        session=True,
    ),
    Fault(
        "exception",
        inject.raise_in_firmware("RuntimeError"),
        "off within 1 ms",
        (FIRMWARE,),
        must_stop=True,
        notice_ms=STOP_MS,
        through=FIRMWARE,
        session=True,
    ),
    Fault(
        "out of memory",
        inject.raise_in_firmware("MemoryError"),
        "off within 1 ms",
        (FIRMWARE,),
        must_stop=True,
        notice_ms=STOP_MS,
        through=FIRMWARE,
        session=True,
    ),
    Fault(
        "keyboard interrupt",
        inject.raise_in_firmware("KeyboardInterrupt"),
        "off within 1 ms",
        (FIRMWARE,),
        must_stop=True,
        notice_ms=STOP_MS,
        through=FIRMWARE,
        session=True,
    ),
    Fault(
        "soft reset",
        inject.raise_in_firmware("SystemExit"),
        "off within 1 ms",
        (FIRMWARE,),
        must_stop=True,
        notice_ms=STOP_MS,
        through=FIRMWARE,
        session=True,
    ),
    Fault(
        "hard fault",
        inject.hard_fault,
        "off by the dead-man within 100 ms",
        (DEADMAN,),
        must_stop=True,
        notice_ms=STOP_MS,
        stops_cpu=True,
    ),
)
_WORDS = (
    Fault(
        "pulse word bit flip",
        inject_pio.flip_word,
        "no phase beyond the longest and 5 us",
        (MONITOR, FIRMWARE, NONE),
        unseen="a word is one pulse",
        session=True,
        latent=True,
        weight=3,
    ),
    Fault(
        "dma stopped",
        inject_pio.stop_dma,
        "silence, never a repeated pulse",
        (FIRMWARE, SILENT, NONE),
        unseen=_IDLE,
        session=True,
    ),
    Fault(
        "dma control register",
        inject_pio.flip_dma_control,
        _LEGAL,
        _ANY,
        unseen=_IDLE,
        session=True,
        weight=2,
    ),
    Fault(
        "dma re-pointed", inject_pio.repoint_dma, _LEGAL, _ANY, unseen=_IDLE, session=True, weight=2
    ),
)
_PIO = (
    Fault(
        "pio0 instruction bit flip",
        inject_pio.flip_instruction(0),
        _LEGAL,
        _ANY,
        unseen=_REWRITTEN,
        latent=True,
        weight=4,
    ),
    Fault(
        "pio1 instruction bit flip",
        inject_pio.flip_instruction(1),
        _LEGAL,
        _ANY,
        unseen=_REWRITTEN,
        latent=True,
        weight=3,
    ),
    Fault(
        "pio0 machine register",
        inject_pio.corrupt_machine(0),
        _LEGAL,
        _ANY,
        unseen=_LOADED_ANEW,
        latent=True,
        weight=4,
    ),
    Fault(
        "pio1 machine register",
        inject_pio.corrupt_machine(1),
        _LEGAL,
        _ANY,
        unseen=_LOADED_ANEW,
        latent=True,
        weight=2,
    ),
    Fault(
        "machine clock divider",
        inject_pio.change_divider,
        _NOTICED,
        _ANY,
        notice_ms=STOP_MS,
        session=True,
        weight=2,
    ),
    Fault(
        "pio0 machine disabled",
        inject_pio.disable_machine(0),
        _NOTICED,
        _ANY,
        notice_ms=STOP_MS,
        session=True,
        weight=2,
    ),
    Fault(
        "pio1 machine disabled",
        inject_pio.disable_machine(1),
        _NOTICED,
        _ANY,
        notice_ms=STOP_MS,
        session=True,
    ),
    Fault(
        "fifo flooded",
        inject_pio.flood_fifo,
        _LEGAL,
        _ANY,
        unseen="a full FIFO takes no word",
        latent=True,
    ),
)
_PINS = (
    *(
        Fault(
            f"{leg} stuck high",
            inject_pins.stick_leg(leg),
            "off within the longest phase and 5 us",
            (MONITOR,),
            must_stop=True,
            notice_ms=STOP_MS,
            stuck=(leg,),
            not_after=(_LINE_STUCK, _HV_STUCK),
        )
        for leg in LEGS
    ),
    Fault(
        _HV_STUCK,
        inject_pins.stick_leg("HV_EN"),
        "latent: the legs still stop",
        (NONE, FIRMWARE),
        unseen="found by the self-test at power-on",
        stuck=("HV_EN",),
        latent=True,
    ),
    Fault(
        "amplitude stuck at full scale",
        inject_pins.stick_amplitude,
        "no second pulse above the cap",
        (FIRMWARE, GUARD),
        must_stop=True,
        notice_ms=STOP_MS,
        by_pulse=True,
    ),
    Fault(
        "amplitude compare corrupted",
        inject_pins.flip_compare,
        "no second pulse above the cap",
        (FIRMWARE, NONE),
        unseen="written anew before each pulse",
        latent=True,
    ),
    Fault(
        "amplitude pwm corrupted",
        inject_pins.flip_pwm,
        "no second pulse above the cap",
        (FIRMWARE, NONE),
        notice_ms=STOP_MS,
        session=True,
    ),
    Fault(
        "guarded pin's function",
        inject_pins.flip_guarded_function,
        _NOTICED,
        _ANY,
        notice_ms=STOP_MS,
        session=True,
        weight=2,
    ),
    Fault(
        "guarded pin's pad",
        inject_pins.flip_guarded_pad,
        _NOTICED,
        _ANY,
        notice_ms=STOP_MS,
        session=True,
    ),
)
_LINE = (
    Fault(
        "interlock glitch of 1 to 20 clocks",
        inject_pins.glitch_interlock(1, 20),
        "trips cleanly, or nothing happens",
        (GUARD, NONE),
        unseen="it may be over before it can act",
    ),
    Fault(
        "interlock low for 1 us and more",
        inject_pins.glitch_interlock(125, 1_250_000),
        "off within 8 clocks",
        (GUARD,),
        must_stop=True,
        notice_ms=STOP_MS,
        not_after=(_LINE_STUCK,),
    ),
    Fault(
        _LINE_STUCK,
        inject_pins.stick_interlock,
        "latent: STOP still stops",
        (NONE, FIRMWARE),
        unseen="found by the self-test at power-on; STOP has a contact of its own",
        latent=True,
    ),
    Fault(
        "interlock pin's function",
        inject_pins.flip_interlock_function,
        _NOTICED,
        _ANY,
        notice_ms=STOP_MS,
        session=True,
        not_after=(_LINE_STUCK,),
    ),
    Fault(
        "interlock pin's pad",
        inject_pins.flip_interlock_pad,
        _NOTICED,
        _ANY,
        notice_ms=STOP_MS,
        session=True,
        not_after=(_LINE_STUCK,),
    ),
    Fault(
        "noise on the trigger",
        inject_world.noise_on_trigger,
        "pulses as prescribed",
        (NONE,),
        unseen="a program without a trigger does not ask it",
    ),
)
_ANALOG = (
    Fault(
        "adc stuck at 0",
        inject_pins.stick_adc(0),
        "off within 100 ms of the next pulse",
        (FIRMWARE,),
        must_stop=True,
        notice_ms=STOP_MS,
        by_pulse=True,
    ),
    Fault(
        "adc stuck in the middle",
        inject_pins.stick_adc(2048),
        "off within 100 ms of the next pulse",
        (FIRMWARE,),
        must_stop=True,
        notice_ms=STOP_MS,
        by_pulse=True,
    ),
    Fault(
        "adc stuck at full scale",
        inject_pins.stick_adc(4095),
        "off within 100 ms of the next pulse",
        (FIRMWARE,),
        must_stop=True,
        notice_ms=STOP_MS,
        by_pulse=True,
    ),
    Fault(
        "adc register",
        inject_pins.flip_adc,
        _LEGAL,
        (FIRMWARE,),
        unseen="bits that a single conversion does not ask",
        latent=True,
    ),
    Fault(
        "lead off",
        inject_world.lead_off,
        "the next pulse does not come",
        (FIRMWARE,),
        must_stop=True,
        notice_ms=STOP_MS,
        by_pulse=True,
        pulses=1,
        load=True,
    ),
    Fault(
        "short",
        inject_world.short,
        "the next pulse does not come",
        (FIRMWARE, GUARD),
        must_stop=True,
        notice_ms=STOP_MS,
        by_pulse=True,
        pulses=1,
        load=True,
        not_after=(_LINE_STUCK,),
    ),
    Fault(
        "electrode half lifted",
        inject_world.lift_half,
        "the current stays what it was",
        (NONE, FIRMWARE),
        unseen="the source holds its current",
        load=True,
        latent=True,
    ),
    Fault(
        "electrode of 2 to 33 kohm",
        inject_world.put_on((2_000, 5_000, 10_000, 33_000)),
        "as set, or off below half of it",
        (NONE, FIRMWARE),
        unseen="noticed from half of what was set, as the judge asks of the current",
        load=True,
        by_pulse=True,
    ),
    Fault(
        "source gives 1.3 of what was asked",
        inject_world.change_source(1.3),
        "off within 100 ms of the next pulse",
        (FIRMWARE,),
        must_stop=True,
        notice_ms=STOP_MS,
        by_pulse=True,
    ),
    Fault(
        "source gives 0.4 of what was asked",
        inject_world.change_source(0.4),
        "off within 100 ms of the next pulse",
        (FIRMWARE,),
        must_stop=True,
        notice_ms=STOP_MS,
        by_pulse=True,
    ),
    Fault(
        "source gives 1.2 of what was asked",
        inject_world.change_source(1.2),
        "no second pulse above the cap",
        (FIRMWARE, NONE),
        unseen="what stays within a step and a tenth is legal",
        by_pulse=True,
    ),
    Fault(
        "one leg gives 0.7",
        inject_world.change_source(1.0, 0.7),
        "off within 100 ms of the next pulse",
        (FIRMWARE,),
        must_stop=True,
        notice_ms=STOP_MS,
        by_pulse=True,
    ),
    Fault(
        "supply dip",
        inject_world.dip_supply,
        _LEGAL,
        (FIRMWARE, NONE),
        unseen="it may be over before it is measured",
    ),
    Fault(
        "supply outside its window",
        inject_world.lower_supply,
        "off within 100 ms",
        (FIRMWARE,),
        must_stop=True,
        notice_ms=STOP_MS,
    ),
)
_HANDS = (
    Fault(
        "UP chatters",
        inject_world.chatter("UP"),
        "a few steps a second at the most",
        (NONE,),
        unseen="a contact that chatters is a person who presses",
        hand=True,
    ),
    Fault(
        "a button chatters",
        inject_world.chatter("SELECT"),
        _LEGAL,
        (NONE,),
        unseen="a contact that chatters is a person who presses",
        hand=True,
    ),
    Fault(
        "a button stays down",
        inject_world.stick_button,
        "one press and one hold",
        (NONE,),
        unseen="told after 10 s; the others work",
        hand=True,
    ),
)
_RESETS = (
    Fault(
        "supply lost",
        inject_world.lose_supply,
        "nothing comes back by itself",
        (RESET,),
        must_stop=True,
        notice_ms=STOP_MS,
    ),
    Fault(
        "watchdog reset",
        inject_world.reset_by_watchdog,
        "nothing comes back by itself",
        (WATCHDOG,),
        must_stop=True,
        notice_ms=STOP_MS,
        through=WATCHDOG,
    ),
    Fault(
        "usb plugged in, flood of bytes",
        inject_world.flood_usb,
        "off within 100 ms",
        (FIRMWARE,),
        must_stop=True,
        notice_ms=STOP_MS,
    ),
    Fault(
        "usb plugged in, flood of requests",
        inject_world.flood_requests,
        "off within 100 ms",
        (FIRMWARE,),
        must_stop=True,
        notice_ms=STOP_MS,
    ),
    Fault(
        "prescription flash bit flip",
        inject_world.flip_flash("PRESCRIPTION"),
        "refused, or as prescribed",
        (RESET,),
        must_stop=True,
        unseen="flash that is not read",
    ),
    Fault(
        "journal flash bit flip",
        inject_world.flip_flash("JOURNAL"),
        "pulses as prescribed, or none",
        (RESET,),
        must_stop=True,
        unseen="flash that is not read",
    ),
)
FAULTS = (*_CPU, *_WORDS, *_PIO, *_PINS, *_LINE, *_ANALOG, *_HANDS, *_RESETS)
LATENT = tuple(fault for fault in FAULTS if fault.latent)
# Cases go through the deck again and again: case k is of kind DECK[k modulo its length].
DECK = tuple(
    fault
    for turn in range(max(fault.weight for fault in FAULTS))
    for fault in FAULTS
    if turn < fault.weight
)
