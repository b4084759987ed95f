"""Board zero1, as data: a Waveshare RP2040-Zero on a one-channel carrier without a screen. Roles,
levels and electrical facts; no code.

Read by the firmware (frozen as module `board`), by the twin and by the host tools.
"""

NAME = "zero1"
CHANNELS = 1
OUTPUT_STAGE = True

# role: (GPIO, direction, active level, safe level, pull while nothing drives the pin). All 20 pins
# of the module's edge.
PINS = {
    "CH1_AMP": (0, "pwm", 1, 0, "down"),
    "SYNC_OUT": (1, "out", 1, 0, "down"),
    # The five guarded pins must be consecutive: the guard switches them off with one instruction.
    # Nothing but its resistor is at the two places that a second channel's legs would have.
    "CH1_A": (2, "out", 1, 0, "down"),
    "CH1_B": (3, "out", 1, 0, "down"),
    "GUARD_SPARE_1": (4, "out", 1, 0, "down"),
    "GUARD_SPARE_2": (5, "out", 1, 0, "down"),
    "HV_EN": (6, "out", 1, 0, "down"),
    # wired-OR: STOP loop, comparators; low = tripped
    "INTERLOCK_N": (7, "in", 0, 0, "up"),
    # The module has none of its own: 5V by two resistors
    "VBUS_SENSE": (8, "in", 1, 0, "down"),
    "BTN_START": (9, "in", 0, 1, "up"),
    "BTN_STOP": (10, "in", 0, 1, "up"),
    "BTN_UP": (11, "in", 0, 1, "up"),
    "BTN_DOWN": (12, "in", 0, 1, "up"),
    "BTN_SELECT": (13, "in", 0, 1, "up"),
    "LED_READY": (14, "out", 1, 0, "down"),
    "LED_OUTPUT": (15, "out", 1, 0, "down"),
    "CH1_SENSE": (26, "adc", 1, 0, "none"),
    "SUPPLY_SENSE": (27, "adc", 1, 0, "none"),
    "LED_FAULT": (28, "out", 1, 0, "down"),
    "BUZZER": (29, "pwm", 1, 0, "down"),
}

# Output stage: one H-bridge fed by a voltage-controlled current source.

# Current at 100 % amplitude PWM
FULL_SCALE_UA = 50_000
COMPLIANCE_MV = 70_000
# A board may only lower the compiled ceiling
MAX_UA = 50_000
# The short comparator acts below this load, from SHORT_FROM_UA up, and pulls INTERLOCK_N for
# SHORT_HOLD_MS
SHORT_OHM = 50
SHORT_FROM_UA = 4_000
SHORT_HOLD_MS = 20
# Shortest interphase gap the bridge stands
DEAD_TIME_US = 5
# (gain in 0.01 %, offset in uA) of the channel, added to what is asked for
CALIBRATION = ((0, 0),)
SINGLE_CURRENT_SOURCE = True
SMALLEST_ELECTRODE_MM2 = 900
# No output while USB power is present
USB_ISOLATED = False

# Sensing: ADC reference 3300 mV for 4095.

# 50 mA reads 3.0 V
SENSE_NV_PER_UA = 60_000
# 5000 mV supply reads 2500 mV
SUPPLY_DIVIDER = 2
SUPPLY_MIN_MV = 4300
SUPPLY_MAX_MV = 5600

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
