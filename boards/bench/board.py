"""Board bench, as data: a bare Raspberry Pi Pico with nothing soldered to it, for work on timing.
Roles and levels; no code.

No output stage: its pins go to an oscilloscope and to nothing else. Read by the firmware (frozen as
module `board`), by the twin and by the host tools.
"""

NAME = "bench"
CHANNELS = 2
# So a host may run a program, with a keep-alive, and nothing is measured
OUTPUT_STAGE = False

# role: (GPIO, direction, active level, safe level, pull while nothing drives the pin). "none": the
# chip's own pull does.
PINS = {
    # The five guarded pins must be consecutive: the guard switches them off with one instruction.
    "CH1_A": (2, "out", 1, 0, "none"),
    "CH1_B": (3, "out", 1, 0, "none"),
    "CH2_A": (4, "out", 1, 0, "none"),
    "CH2_B": (5, "out", 1, 0, "none"),
    "HV_EN": (6, "out", 1, 0, "none"),
    # A wire to ground trips
    "INTERLOCK_N": (7, "in", 0, 0, "none"),
    "SYNC_OUT": (8, "out", 1, 0, "none"),
    "TRIG_IN": (9, "in", 1, 0, "none"),
    "CH1_AMP": (10, "pwm", 1, 0, "none"),
    "CH2_AMP": (0, "pwm", 1, 0, "none"),
    # Buttons are wires to ground, if anybody wants them
    "BTN_START": (12, "in", 0, 1, "none"),
    "BTN_STOP": (13, "in", 0, 1, "none"),
    "BTN_UP": (14, "in", 0, 1, "none"),
    "BTN_DOWN": (15, "in", 0, 1, "none"),
    "BTN_SELECT": (16, "in", 0, 1, "none"),
    # The Pico's own, like the light below
    "VBUS_SENSE": (24, "in", 1, 0, "down"),
    "LED_OUTPUT": (25, "out", 1, 0, "none"),
}

# What the amplitude's PWM stands for, and the limits that a prescription is checked against: those
# of nmes2.
FULL_SCALE_UA = 100_000
MAX_UA = 100_000
DEAD_TIME_US = 5
CALIBRATION = ((0, 0), (0, 0))
SINGLE_CURRENT_SOURCE = False
SMALLEST_ELECTRODE_MM2 = 1600
# Isolated from nobody: there is no output for USB power to forbid
USB_ISOLATED = True

# Last page before the flash storage: length, CRC-32 and SHA-256 of the program, written by the
# build
SEAL_OFFSET = 0xFFF00
FLASH_BYTES = 0x200000

# Raw flash, from the start of the chip: two slots each for the prescription, the clinic keys, the
# last counter and the calibration, then the journal ring.
PRESCRIPTION_OFFSET = 0x180000
PRESCRIPTION_BYTES = 0x2000
KEYS_OFFSET = 0x184000
KEYS_BYTES = 0x2000
COUNTER_OFFSET = 0x186000
COUNTER_BYTES = 0x2000
CALIBRATION_OFFSET = 0x188000
CALIBRATION_BYTES = 0x2000
JOURNAL_OFFSET = 0x190000
JOURNAL_BYTES = 0x40000
