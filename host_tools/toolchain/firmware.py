"""The RP2040 firmware of a board: MicroPython's rp2 port with our modules frozen in.

Two keys: the tree of compiled C (everything but our Python files) is kept and used again, so that a
changed module is frozen and linked in a few seconds; what comes out lies under a key of everything.
"""

import re
import runpy
import shutil
from dataclasses import asdict
from pathlib import Path

from evenpulse_ground.uf2 import FLASH_BYTES, seal, uf2_from_parts

from . import cache, made_from, manifest, native, sources
from .cache import Artefact
from .errors import ToolchainError
from .pins import SOURCE_DATE_EPOCH
from .release import chosen
from .steps import Step, python

_HERE = Path(__file__).resolve().parent
RELEASED = ("firmware.uf2", "firmware.bin", manifest.MANIFEST, manifest.SBOM)
_OUTPUTS = ("firmware.bin", "firmware.elf", "firmware.elf.map")
OPTIONS = (
    "-G",
    "Ninja",
    "-DCMAKE_BUILD_TYPE=MinSizeRel",
    "-DPICO_BUILD_DOCS=0",
    "-DPICO_NO_PICOTOOL=1",
    "-DPICO_NO_UF2=1",
)
# Of every compiler. A sixth of their time: else each of the SDK's 65 include folders in which a
# header is not gets all parts of its path looked up for links.
FLAGS = ("-fno-canonical-system-headers",)


def artefact(board: str, dev: bool = False) -> Artefact:
    """The firmware of boards/<board> in this checkout's state: firmware.uf2, .bin, .elf,
    .elf.map; `dev`: a development build.
    """
    inputs = {
        "tree": tree_inputs(board),
        "python": made_from.hashes(made_from.frozen_files(board)),
        "dev": dev,
        "written_by": cache.file_hashes(_HERE, [_HERE / "manifest.py"])
        | cache.file_hashes(_HERE.parent, [_HERE.parent / "evenpulse_ground" / "uf2.py"]),
    }
    return Artefact(
        f"firmware-{board}{'-dev' * dev}",
        inputs,
        lambda finished: _build(board, dev, inputs, finished),
        f"firmware BOARD={board}{' DEV=1' * dev}",
    )


def get(board: str) -> Path:
    """The folder of that firmware, built now if need be; ToolchainError for a board that it
    would not start on.
    """
    made_from.check_board(board)
    return artefact(board).get()


def sources_hash(board: str) -> str:
    """One hash of what a board's firmware is made from, the same on every machine: MicroPython,
    options, the board, our modules.
    """
    release = chosen()
    return cache.digest(
        {
            "micropython": [release.suite, *(asdict(pin) for pin in release.pins)],
            "options": OPTIONS,
            "board": made_from.hashes(made_from.port_files(board)),
            "python": made_from.hashes(made_from.frozen_files(board)),
        }
    )


def tree_inputs(board: str) -> dict:
    """What the compiled C of a board is made from."""
    return {
        "sources": sources.identity(),
        "compiler": native.compiler_version("arm-none-eabi-gcc"),
        "libc": native.newlib_version(),
        "mpy_cross": native.mpy_cross().name,
        "pioasm": native.pioasm().name,
        "options": OPTIONS,
        "flags": FLAGS,
        "epoch": SOURCE_DATE_EPOCH,
        "board": made_from.hashes(made_from.port_files(board)),
    }


def _build(board: str, dev: bool, inputs: dict, finished: Path) -> None:
    name = f"tree-{board}-{cache.digest(tree_inputs(board))}"
    tree = cache.root() / name
    advice = f"read the log above; if it makes no sense, remove {tree} and run again."
    with cache.locked(name), Step(f"build firmware for {board}", advice) as step:
        _stage(board, dev, tree / "stage")
        if not (tree / "objects" / "build.ninja").is_file():
            _configure(board, tree, step)
        step.run(["cmake", "--build", tree / "objects"], env=_environment(tree))
        _collect(board, dev, tree / "objects", finished, step)
        cache.used(tree)
    manifest.write(
        finished, board, made_from.version(dev), (finished / "firmware.bin").read_bytes(), inputs
    )


def _stage(board: str, dev: bool, stage: Path) -> None:
    """Makes `stage` hold just our files, laid out as in the checkout; what has not changed keeps
    its time.
    """
    wanted = made_from.staged_as([*made_from.frozen_files(board), *made_from.port_files(board)])
    if not dev:
        del wanted[made_from.OVERLAY.as_posix()]
    for old in [path for path in stage.rglob("*") if path.is_file()]:
        if old.relative_to(stage).as_posix() not in wanted:
            old.unlink()
    for name, file in wanted.items():
        copy = stage / name
        content = (
            made_from.edition(board).encode()
            if dev and file == made_from.CHECKOUT / made_from.EDITION
            else file.read_bytes()
        )
        if not copy.is_file() or copy.read_bytes() != content:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)


def _configure(board: str, tree: Path, step: Step) -> None:
    shutil.rmtree(tree / "objects", ignore_errors=True)
    folder = tree / "stage" / "boards" / board
    step.run(
        [
            "cmake",
            *OPTIONS,
            "-S",
            sources.tree() / "ports/rp2",
            "-B",
            tree / "objects",
            f"-DMICROPY_BOARD={board}",
            f"-DMICROPY_BOARD_DIR={folder}",
            f"-DMICROPY_FROZEN_MANIFEST={folder / 'manifest.py'}",
            f"-DPython3_EXECUTABLE={python()}",
            f"-Dpioasm_DIR={native.pioasm().get() / 'lib/cmake/pioasm'}",
        ],
        env=_environment(tree),
    )


def _environment(tree: Path) -> dict[str, str]:
    """Paths of this machine are mapped away, so that the same inputs give the same bytes
    elsewhere.
    """
    mapped = {sources.tree(): "micropython", tree: "build"}
    flags = " ".join(
        [*FLAGS, *(f"-ffile-prefix-map={path}={name}" for path, name in mapped.items())]
    )
    return native.reproducible_environment(
        CFLAGS=flags,
        CXXFLAGS=flags,
        ASMFLAGS=flags,
        MICROPY_GIT_TAG=micropython_version(),
        MICROPY_MPYCROSS=str(native.mpy_cross().get() / "mpy-cross"),
    )


def micropython_version() -> str:
    """MicroPython's own version from its sources, so that a repository around the cache is not
    asked.
    """
    text = (sources.tree() / "py/mpconfig.h").read_text()
    numbers = [
        re.findall(rf"define MICROPY_VERSION_{part} (\d+)", text)[0]
        for part in ("MAJOR", "MINOR", "MICRO")
    ]
    return "v" + ".".join(numbers)


def _collect(board: str, dev: bool, objects: Path, finished: Path, step: Step) -> None:
    image = (objects / "firmware.bin").read_bytes()
    seal_at = runpy.run_path(str(made_from.board_folder(board) / "board.py"))["SEAL_OFFSET"]
    limit = min(seal_at, FLASH_BYTES - _storage_bytes(board))
    if len(image) > limit:
        raise step.failure(
            f"the firmware is {len(image)} bytes, boards/{board} leaves {limit} before its flash "
            f"storage"
        )
    for name in _OUTPUTS:
        shutil.copy(objects / name, finished)
    (finished / "firmware.uf2").write_bytes(
        uf2_from_parts((0, image), (seal_at, seal(image, board, made_from.version(dev))))
    )
    step.note(f"{len(image)} of {limit} bytes")


def _storage_bytes(board: str) -> int:
    headers = (
        made_from.board_folder(board) / "mpconfigboard.h",
        made_from.CHECKOUT / "boards" / "mpconfigboard.h",
    )
    texts = [header.read_text() for header in headers]
    found = re.search(
        r"define MICROPY_HW_FLASH_STORAGE_BYTES\s+\((\d+) \* 1024\)", "\n".join(texts)
    )
    if not found:
        raise ToolchainError(
            f"{' or '.join(map(str, headers))}: MICROPY_HW_FLASH_STORAGE_BYTES must read (N * 1024)"
        )
    return int(found.group(1)) * 1024
