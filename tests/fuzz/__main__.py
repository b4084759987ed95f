"""`make fuzz SECONDS=3600 SEED=1`: odd files and odd lines on the link until the time is up; a file
that is found is kept in tests/fuzz/found, a line is told by its seed and number.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from evenpulse.base import counts

from fuzz.commands import COMMANDS, Found, judge
from fuzz.lines import Link
from fuzz.odd import odd
from fuzz.real import write_real

KEPT = Path(__file__).with_name("found")
_FILES_A_LINE = 4


def main() -> None:
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--seconds", type=counts.whole(), default=60)
    parser.add_argument("--seed", type=counts.whole(0, 10**9), default=1)
    arguments = parser.parse_args()
    found = number = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        real, link = write_real(folder), Link()
        end_s = time.monotonic() + arguments.seconds
        while time.monotonic() < end_s:
            command = COMMANDS[number % len(COMMANDS)]
            data = odd(real[command.kind], arguments.seed, number)
            try:
                judge(command, real[command.kind], data, folder)
            except Found as what:
                found += 1
                file = KEPT / f"{command.kind}-{arguments.seed}-{number}"
                file.write_bytes(data)
                print(f"{what}\n  kept: {file.name}", file=sys.stderr)
            if number % _FILES_A_LINE == 0:
                try:
                    link.judge(arguments.seed, number // _FILES_A_LINE)
                except Found as what:
                    found += 1
                    print(what, file=sys.stderr)
            number += 1
    print(f"{number} inputs, {found} found")
    sys.exit(found > 0)


main()
