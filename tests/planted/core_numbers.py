"""Defects of `stimcore` and `app`, third part: times and thresholds."""

# fmt: off

from planted.row import of

_TEST = "tests/unit/test_house_numbers.py"

NUMBERS = (
    *of(
        "stimcore/session.py",
        _TEST,
        ("HZ12", "pain of yesterday is that of today", "PAIN_STALE_MS = 1_800_000", "PAIN_STALE_MS = 86_400_000"),
    ),
    *of(
        "stimcore/inputs.py",
        _TEST,
        ("HZ1", "a touch of START is a hold", "HOLD_MS = 1_000\n", "HOLD_MS = 100\n"),
    ),
    *of(
        "stimcore/strength.py",
        _TEST,
        ("HZ1", "full scale takes a tenth of a second", "SLEW_UA_PER_MS = 100", "SLEW_UA_PER_MS = 1_000"),
    ),
    *of(
        "stimcore/therapy.py",
        _TEST,
        ("HZ1", "the first pulse does not wait for high voltage", "ARM_SETTLE_MS = 100", "ARM_SETTLE_MS = 0"),
        ("HZ1", "controls lock after 40 s", "\nLOCK_MS = 4_000", "\nLOCK_MS = 40_000"),
        ("HZ6", "a pause lasts an hour", "PAUSE_MS = 600_000", "PAUSE_MS = 3_600_000"),
        ("HZ6", "whether to end is asked for a minute", "_ASK_END_MS = 10_000", "_ASK_END_MS = 60_000"),
    ),
    *of(
        "stimcore/panel.py",
        _TEST,
        ("HZ12", "a release is believed at once", "PRESS_MS, RELEASE_MS = 10, 20", "PRESS_MS, RELEASE_MS = 10, 0"),
        ("HZ1", "a button is stuck after a minute", "STUCK_MS = 10_000", "STUCK_MS = 60_000"),
        ("HZ1", "sixty presses a second are a hand's", "CHATTER_PRESSES, CHATTER_MS = 6, 1_000", "CHATTER_PRESSES, CHATTER_MS = 60, 1_000"),
        ("HZ1", "a contact that chattered is believed at once", "QUIET_MS = 1_000", "QUIET_MS = 10"),
    ),
    *of("stimcore/acceptance.py", _TEST, ("HZ8", "an offer waits for ten minutes", "WAIT_MS = 60_000", "WAIT_MS = 600_000")),
    *of(
        "stimcore/link.py",
        _TEST,
        ("HZ2", "a line may have 64 kB", "LINE_BYTES_MAX = 8_192", "LINE_BYTES_MAX = 65_536"),
        ("HZ2", "a request may have a thousand texts", "REQUEST_TEXTS_MAX = 64", "REQUEST_TEXTS_MAX = 1_000"),
    ),
    *of(
        "stimcore/signature.py",
        _TEST,
        ("HZ8", "the exponent is 3", "EXPONENT = 65_537", "EXPONENT = 3"),
        ("HZ8", "a key has 1024 bits", "KEY_BYTES = 256", "KEY_BYTES = 128"),
    ),
    *of("stimcore/keyring.py", _TEST, ("HZ8", "eight keys fit", "KEYS_MAX = 4", "KEYS_MAX = 8")),
    *of(
        "stimcore/prescription.py",
        _TEST,
        ("HZ5", "nobody has to test sensation", '("contraindications_excluded", "sensation_tested")', '("contraindications_excluded",)'),
    ),
    *of(
        "stimcore/pulse.py",
        _TEST,
        ("HZ3", "a microsecond has 124 clocks", "CLOCKS_PER_US = 125", "CLOCKS_PER_US = 124"),
        ("HZ1", "an amplitude settles for 200 us", "SETTLE_US = 2_000", "SETTLE_US = 200"),
    ),
    *of(
        "stimcore/monitor.py",
        _TEST,
        ("HZ9", "the reference is 5 V", "REFERENCE_MV = 3_300", "REFERENCE_MV = 5_000"),
        ("HZ4", "lead-off counts from 10 mA up", "LEAD_OFF_FROM_UA = 4_900", "LEAD_OFF_FROM_UA = 9_900"),
    ),
    *of(
        "stimcore/interlock.py",
        _TEST,
        ("HZ2", "a short is no broken hardware", '"no_measurement", "short")', '"no_measurement")'),
        ("HZ2", "a register that differs is no broken hardware", '"width", "registers", ', '"width", '),
    ),
    *of(
        "app/supervisor.py",
        _TEST,
        ("HZ2", "a round comes every 50 ms", "ROUND_MS = 10\n", "ROUND_MS = 50\n"),
    ),
    *of(
        "app/selftest.py",
        _TEST,
        ("HZ9", "any clock is the clock", "_CLOCK_HZ = 125_000_000", "_CLOCK_HZ = 133_000_000"),
    ),
    *of(
        "stimcore/course.py",
        "tests/unit/test_session_defence.py",
        ("HZ2", "a trip is no event", '            self.event = ("fault", fields)\n', ""),
        ("HZ12", "a fault makes no sound", '            self.sound = "fault"\n', ""),
    ),
    *of(
        "stimcore/strength.py",
        "tests/unit/test_session_defence.py",
        ("HZ9", "what is set may pass the cap", "wanted = min(self.set_ua[i] * permille // 1_000, self.caps_ua[i])", "wanted = self.set_ua[i] * permille // 1_000"),
    ),
    *of(
        "stimcore/therapy.py",
        "tests/unit/test_session_defence.py",
        ("HZ12", "DOWN held is one step", 'self._change(-STEP_UA if pressed else -limits.RANGES["amplitude_ua"][1])', "self._change(-STEP_UA)"),
        ("HZ1", "SELECT at the question to end changes the channel", "            self.channel = self._channel_before", "            pass"),
    ),
    *of(
        "stimcore/strength.py",
        "tests/unit/test_session_strength.py::test_current_rises_no_faster_than_the_slew_limit",
        ("HZ1", "a current is set at once", "self.ua[i] = min(wanted, self.ua[i] + elapsed * SLEW_UA_PER_MS)", "self.ua[i] = wanted"),
    ),
    *of(
        "stimcore/timers.py",
        "tests/unit/test_session_time.py::test_either_timer_alone_ends_the_session",
        ("HZ6", "the second timer is not asked", "return left_ms <= self.attend_ms or core_ms >= self.end_ms", "return left_ms <= self.attend_ms"),
        ("HZ6", "time does not count while it runs", "left_ms = self.left_ms = self.left_ms - elapsed", "left_ms = self.left_ms = self.left_ms - elapsed // 2"),
    ),
    *of(
        "stimcore/therapy.py",
        "tests/unit/test_session_strength.py::test_a_train_that_waits_for_its_trigger_keeps_its_ramp_but_not_its_time",
        ("HZ1", "a waiting train's ramp goes on", "        if not inputs.train_started:\n            strength.train_from_ms = now_ms\n", ""),
    ),
    *of(
        "stimcore/therapy.py",
        "tests/unit/test_session.py::test_found_another_button_or_ten_seconds_mean_that_it_does_not_end",
        ("HZ6", "a question waits for ever", "        if self.asks_end and now_ms - self._asked_ms >= _ASK_END_MS:\n            self._answer_end()\n\n", "\n"),
    ),
)
