"""MicroPython's benchmarks on a twin with MicroPython's own firmware, as its run-perfbench runs
them: the higher a score the faster.
"""

from pathlib import Path

from evenpulse_ground import uf2

from evenpulse.connect.service import Service
from evenpulse.link import repl
from evenpulse.twin.port import TwinPort
from evenpulse.twin.twin import Twin

_RUNNER = "benchrun.py"
_LIMIT_MS = 60_000


class Pico(Service):
    """A Raspberry Pi Pico with MicroPython's own firmware, at its raw REPL; nothing of ours runs
    there.
    """

    def __init__(self, firmware: Path, silicon_time: bool = True, layout: int = 0):
        self.twin = twin = Twin(firmware=firmware)
        twin.silicon_time = silicon_time
        twin.power_on(usb=True)
        twin.chip.loop.set_layout(layout)
        repl.enter(TwinPort(twin))


def firmware(image: Path, into: Path) -> Path:
    """The UF2 file of a build."""
    file = into / f"{image.stem}.uf2"
    into.mkdir(parents=True, exist_ok=True)
    file.write_bytes(uf2.uf2_from_parts((0, image.read_bytes())))
    return file


def benchmarks(folder: Path) -> list[str]:
    return sorted(file.stem for file in folder.glob("*.py") if file.name != _RUNNER)


def score(pico: Service, folder: Path, name: str, n: int, m: int) -> float | None:
    """Of one benchmark, for a chip of so many MHz with so many kB; None where it does not run
    with these.
    """
    parts = [(folder / f"{name}.py").read_text(), (folder / _RUNNER).read_text()]
    took_us, norm, *_ = pico.run("".join([*parts, f"bm_run({n}, {m})\n"]), _LIMIT_MS).split()
    return 1e6 * int(norm) / int(took_us) if int(took_us) > 0 else None
