"""Board nmes2, as data: a Raspberry Pi Pico on a two-channel carrier. Roles, levels and electrical
facts; no code.

Read by the firmware (frozen as module `board`), by the twin and by the host tools.
"""

NAME = "nmes2"
CHANNELS = 2
OUTPUT_STAGE = True

# role: (GPIO, direction, active level, safe level, pull while nothing drives the pin)
PINS = {
    # The five guarded pins must be consecutive: the guard switches them off with one instruction.
    "CH1_A": (2, "out", 1, 0, "down"),
    "CH1_B": (3, "out", 1, 0, "down"),
    "CH2_A": (4, "out", 1, 0, "down"),
    "CH2_B": (5, "out", 1, 0, "down"),
    "HV_EN": (6, "out", 1, 0, "down"),
    # wired-OR: STOP loop, comparators; low = tripped
    "INTERLOCK_N": (7, "in", 0, 0, "up"),
    "SYNC_OUT": (8, "out", 1, 0, "down"),
    "TRIG_IN": (9, "in", 1, 0, "down"),
    # The two amplitudes need PWM slices of their own
    "CH1_AMP": (10, "pwm", 1, 0, "down"),
    "CH2_AMP": (0, "pwm", 1, 0, "down"),
    # Short comparators of both channels; they pull INTERLOCK_N low as well
    "SHORT_N": (1, "in", 0, 1, "up"),
    "BTN_START": (12, "in", 0, 1, "up"),
    "BTN_STOP": (13, "in", 0, 1, "up"),
    "BTN_UP": (14, "in", 0, 1, "up"),
    "BTN_DOWN": (15, "in", 0, 1, "up"),
    "BTN_SELECT": (16, "in", 0, 1, "up"),
    "LED_READY": (17, "out", 1, 0, "down"),
    "LED_OUTPUT": (18, "out", 1, 0, "down"),
    "LED_FAULT": (19, "out", 1, 0, "down"),
    "OLED_SDA": (20, "i2c", 0, 1, "up"),
    "OLED_SCL": (21, "i2c", 0, 1, "up"),
    "BUZZER": (22, "pwm", 1, 0, "down"),
    "VBUS_SENSE": (24, "in", 1, 0, "down"),
    "CH1_SENSE": (26, "adc", 1, 0, "none"),
    "CH2_SENSE": (27, "adc", 1, 0, "none"),
    "SUPPLY_SENSE": (28, "adc", 1, 0, "none"),
}

# Output stage: an H-bridge a channel fed by one voltage-controlled current source.

# Current at 100 % amplitude PWM
FULL_SCALE_UA = 100_000
COMPLIANCE_MV = 100_000
# A board may only lower the compiled ceiling
MAX_UA = 100_000
# The short comparators act below this load, from SHORT_FROM_UA up, and hold SHORT_N for
# SHORT_HOLD_MS
SHORT_OHM = 50
SHORT_FROM_UA = 4_000
SHORT_HOLD_MS = 20
# Shortest interphase gap the bridge stands
DEAD_TIME_US = 5
# (gain in 0.01 %, offset in uA) of channel 1 and 2, added to what is asked for
CALIBRATION = ((0, 0), (0, 0))
# True: pulses of the two channels may never overlap
SINGLE_CURRENT_SOURCE = False
SMALLEST_ELECTRODE_MM2 = 1600
# No output while USB power is present
USB_ISOLATED = False

# Sensing: ADC reference 3300 mV for 4095.

# 100 mA reads 3.0 V
SENSE_NV_PER_UA = 30_000
# 5000 mV supply reads 2500 mV
SUPPLY_DIVIDER = 2
SUPPLY_MIN_MV = 4300
SUPPLY_MAX_MV = 5600

OLED_I2C = 0
OLED_ADDRESS = 0x3C

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
