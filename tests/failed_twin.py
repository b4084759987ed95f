"""What a failed test leaves of the twins that it had: waves.vcd, journal.jsonl and screen.png in
build/failed/<test>.

The twins are found in the variables of the functions that the exception passed, so a test need not
tell of them.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEADING = "what the twin was"
FOLDER = Path("build") / "failed"
# Of a folder: parameters of a test can be long.
_NAME_MAX = 120


def forget(item) -> None:
    """What an earlier run of the test left."""
    shutil.rmtree(_folder(item), ignore_errors=True)


def keep(item, info) -> str:
    """Writes what there is of each twin; where it is and how the twin stood, a line each. ""
    when there was none.
    """
    twins, folder, lines = list(_twins(info.traceback)), _folder(item), []
    for number, twin in enumerate(twins, 1):
        into = folder / str(number) if len(twins) > 1 else folder
        into.mkdir(parents=True, exist_ok=True)
        # Nothing that is wrong with a twin may take the place of what the test has to say.
        try:
            lines.append(f"{into.relative_to(item.config.rootpath)}: {_written(twin, into)}")
        except Exception as error:
            lines.append(f"{into}: could not be kept: {type(error).__name__}: {error}")
    return "\n".join(lines)


def _folder(item) -> Path:
    name = re.sub(r"[^\w.-]+", "_", item.nodeid.removeprefix("tests/").replace(".py::", "."))
    return item.config.rootpath / FOLDER / name[:_NAME_MAX]


def _twins(traceback) -> Iterator[Any]:
    """Each once, in the order in which the test came to them."""
    module = sys.modules.get("evenpulse.twin.twin")
    if module is None:
        return
    seen = []
    for entry in traceback:
        for value in list(entry.frame.f_locals.values()):
            for one in (value, getattr(value, "__dict__", {}).get("twin")):
                if isinstance(one, module.Twin) and not any(one is other for other in seen):
                    seen.append(one)
                    yield one


def _written(twin, folder: Path) -> str:
    """The files of one twin; their names, and how it stood."""
    from evenpulse.scenario import run_files
    from evenpulse.twin.oled import save_png
    from stimcore.states import STATES

    run_files.write_journal(folder, twin, "twin")
    if twin.chip is None:
        return "journal.jsonl; it is switched off"
    run_files.write_waves(folder / "waves.vcd", twin, "a failed test")
    files = ["waves.vcd", "journal.jsonl"]
    if twin.world.screen is not None:
        save_png(twin.world.screen.pixels(), folder / "screen.png")
        files.append("screen.png")
    trips = ", ".join(
        f"{trip['reason']} at clock {trip['noticed_clock']}" for trip in run_files.trips(twin)
    )
    return f"{', '.join(files)}; {STATES[twin.state]} at clock {twin.now}; trips: {trips or 'none'}"
