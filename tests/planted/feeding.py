"""Defects of how pulses are fed: which words are sent, when, and who says that none are."""

# fmt: off

from planted.row import of

FEEDING = (
    *of(
        "hal/judged.py",
        "tests/pio/test_feeding_on_registers.py",
        ("HZ2", "a phase A alone has the next pulse sent", "            elif is_b == int(s[BOTH]):\n", "            elif True:\n"),
        ("HZ2", "a wrong pulse has the next one sent", "            elif is_b == int(s[BOTH]):\n", "            if is_b == int(s[BOTH]):\n"),
        ("HZ2", "no pulse has the next one sent", "            elif is_b == int(s[BOTH]):\n", "            elif False:\n"),
        ("HZ2", "words that were not written are sent", "if int(s[PULSES]) < int(s[UNTIL]):", "if True:"),
        ("HZ3", "words are sent though those before were not all", "        if feeder[_READ] == int(s[WORDS + (before >> 5 & 1)]) + PULSE_BYTES * ((before & 31) + 1):\n", "        if True:\n"),
        ("HZ3", "both blocks are sent from one buffer", "int(s[WORDS + (place >> 5 & 1)])", "int(s[WORDS])"),
        ("HZ3", "a pulse has two words", "_WORDS_A_PULSE = const(3)", "_WORDS_A_PULSE = const(2)"),
        ("HZ3", "a pulse begins a word late", "PULSE_BYTES = const(12)", "PULSE_BYTES = const(16)"),
        ("HZ3", "where nothing is measured channel 2 sends for channel 1", "[_PULSES_2] += 1\n    send(_SECOND)", "[_PULSES_2] += 1\n    send(CHANNEL)"),
    ),
    *of(
        "hal/pulse_engine.py",
        "tests/pio/test_feeding_on_registers.py",
        ("HZ3", "channel 2 is fed when channel 1 asks", "self._dma.control(_CTRL, machine.index)", "self._dma.control(_CTRL, 0)"),
        ("HZ3", "a buffer is filled while its words are sent", "if sent(self._at) > self._written - PULSES_A_BLOCK:", "if sent(self._at) > self._written - 2 * PULSES_A_BLOCK:"),
        ("HZ2", "what is written is not let go", "            self._fill()\n            self._release()\n", "            self._fill()\n"),
        ("HZ12", "a pulse that ends after the stop has one more sent", "        STATE[self._at + judged.UNTIL] = 0\n", ""),
        ("HZ4", "a pulse that nobody judged is told as dry", '"no_measurement" if place < self._written and all_sent else "engine_dry"', '"engine_dry"'),
        ("HZ4", "words that DMA has not sent are told as not judged", "if place < self._written and all_sent else", "if place < self._written else"),
        ("HZ4", "which machine has no words is not told", "return 1 if lost & 1 else 2", "return 1"),
        ("HZ3", "a train counts from the one before", "        STATE[self._at + judged.FIRST] = STATE[self._at + judged.PULSES]\n", ""),
    ),
    *of(
        "hal/dma.py",
        "tests/pio/test_feeding_on_registers.py",
        ("HZ2", "a transfer alone starts channel 0", "flags | self._number << 11 | request << 15", "flags | request << 15"),
    ),
    *of(
        "hal/meters.py",
        "tests/pio/test_watch_list.py",
        ("HZ2", "where words are taken from is not watched", "range(first, judged.SUM)", "range(first, judged.FEEDER)"),
    ),
    *of(
        "app/outputs.py",
        "tests/unit/test_outputs.py",
        ("HZ4", "which channel was not judged is not told", 'dry if self._late == "no_measurement" else 0', "0"),
    ),
    *of(
        "hal/dma.py",
        "tests/pio/test_sensing_set_up.py",
        ("HZ2", "a channel hands over to itself", "self.numbers[1 - i] << 11", "self.numbers[i] << 11"),
    ),
)
