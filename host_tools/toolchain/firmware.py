"""The RP2040 firmware of a board: MicroPython's rp2 port with our modules frozen in.

Two keys: the tree of compiled C (everything but our Python files) is kept and used again, so that a
changed module is frozen and linked in a few seconds; what comes out lies under a key of everything.
"""

import ast
import os
import re
import runpy
import shutil
import sys
from dataclasses import asdict
from graphlib import TopologicalSorter
from pathlib import Path

from evenpulse_ground import board_file
from evenpulse_ground.problem import Problem
from evenpulse_ground.uf2 import DEV_MARK, FLASH_BYTES, seal, uf2_from_parts

from . import cache, manifest, native, sources
from .cache import Artefact
from .errors import ToolchainError
from .pins import SOURCE_DATE_EPOCH
from .release import chosen
from .steps import Step

CHECKOUT = Path(__file__).resolve().parents[2]
_HERE = Path(__file__).resolve().parent
RELEASED = ("firmware.uf2", "firmware.bin", manifest.MANIFEST, manifest.SBOM)
EDITION = Path("firmware/hal/edition.py")
# In development builds alone
OVERLAY = Path("firmware/hal/overlay.py")
_OUTPUTS = ("firmware.bin", "firmware.elf", "firmware.elf.map")
OPTIONS = (
    "-G",
    "Ninja",
    "-DCMAKE_BUILD_TYPE=MinSizeRel",
    "-DPICO_BUILD_DOCS=0",
    "-DPICO_NO_PICOTOOL=1",
    "-DPICO_NO_UF2=1",
)


def artefact(board: str, dev: bool = False) -> Artefact:
    """The firmware of boards/<board> in this checkout's state: firmware.uf2, .bin, .elf,
    .elf.map; `dev`: a development build.
    """
    inputs = {
        "tree": tree_inputs(board),
        "python": _hashes(_frozen_files(board)),
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
    check_board(board)
    return artefact(board).get()


def boards() -> list[str]:
    """The boards that firmware can be built for: those of this checkout, or of EVENPULSE_BOARDS."""
    return sorted(path.parent.name for path in _boards_folder().glob("*/mpconfigboard.cmake"))


def _boards_folder() -> Path:
    return Path(os.environ.get("EVENPULSE_BOARDS") or CHECKOUT / "boards").absolute()


def _board_folder(board: str) -> Path:
    if board not in boards():
        raise ToolchainError(
            f"board '{board}': there is no {board}/mpconfigboard.cmake in {_boards_folder()}.\n"
            f"Boards there: {', '.join(boards()) or 'none (not a folder of boards)'}"
        )
    return _boards_folder() / board


def check_board(board: str) -> None:
    """Refuse a board that its firmware would not start on, by the same code: file, line and
    limit.
    """
    sys.path[:0] = [str(CHECKOUT / "firmware")] * (str(CHECKOUT / "firmware") not in sys.path)
    _board_folder(board)
    try:
        board_file.load(_boards_folder(), board)
    except Problem as problem:
        raise ToolchainError(str(problem)) from problem


def frozen_modules(board: str) -> dict[str, str]:
    """{path as frozen, such as "stimcore/panel.py": SHA-256 of its source in this checkout} of
    what firmware is frozen from.
    """
    return {
        _as_frozen(file): cache.file_hash(file)
        for file in sorted(_frozen_files(board))
        if file != CHECKOUT / EDITION
    }


def sources_hash(board: str) -> str:
    """One hash of what a board's firmware is made from, the same on every machine: MicroPython,
    options, the board, our modules.
    """
    release = chosen()
    return cache.digest(
        {
            "micropython": [release.suite, *(asdict(pin) for pin in release.pins)],
            "options": OPTIONS,
            "board": _hashes(_port_files(board)),
            "python": _hashes(_frozen_files(board)),
        }
    )


def _as_frozen(file: Path) -> str:
    firmware = CHECKOUT / "firmware"
    return file.relative_to(firmware).as_posix() if file.is_relative_to(firmware) else file.name


def version(dev: bool = False) -> str:
    """The version that firmware of this checkout tells."""
    return runpy.run_path(str(CHECKOUT / EDITION))["VERSION"] + DEV_MARK * dev


def _edition(board: str) -> str:
    """The text of hal/edition.py in a development build."""
    frozen = "\n".join(f"{name} {digest}" for name, digest in frozen_modules(board).items())
    order = " ".join(_import_order(CHECKOUT / "firmware", "app.build"))
    return (
        f"VERSION = {version(True)!r}\nDEV = True\nFROZEN = {frozen!r}\nORDER = {order!r}\n"
        f"modules = ()\n"
    )


def _import_order(folder: Path, first: str) -> list[str]:
    """`first` and what it imports, each module after those that it imports itself: nothing is
    imported in another's depth.
    """
    graph: dict[str, set[str]] = {}
    waiting = [first]
    while waiting:
        name = waiting.pop()
        if name not in graph:
            graph[name] = _imported(folder, name)
            waiting.extend(graph[name])
    return list(TopologicalSorter(graph).static_order())


def _imported(folder: Path, name: str) -> set[str]:
    """Modules of the firmware's packages that this one imports as it begins; those that it
    imports later are not among them.
    """
    names = set()
    for line in ast.parse((folder / (name.replace(".", "/") + ".py")).read_bytes()).body:
        if isinstance(line, ast.ImportFrom) and line.module:
            names |= {line.module, *(f"{line.module}.{alias.name}" for alias in line.names)}
        elif isinstance(line, ast.Import):
            names |= {alias.name for alias in line.names}
    return {
        name
        for name in names
        if "." in name and (folder / (name.replace(".", "/") + ".py")).is_file()
    }


def _frozen_files(board: str) -> list[Path]:
    files = [*CHECKOUT.glob("firmware/**/*.py"), _board_folder(board) / "board.py"]
    return [file for file in files if file.is_file()]


def _port_files(board: str) -> list[Path]:
    """What the C build reads of a board: all but its description as data and its documents."""
    return [
        file
        for folder in (CHECKOUT / "boards", _board_folder(board))
        for file in folder.iterdir()
        if file.is_file() and file.name != "board.py" and file.suffix != ".md"
    ]


def _staged_as(files: list[Path]) -> dict[str, Path]:
    """Each file by its path in the checkout, or what it would be there."""
    beside, checkout = f"{_boards_folder()}{os.sep}", f"{CHECKOUT}{os.sep}"
    paths = sorted((str(file), file) for file in files)
    return {
        (
            f"boards/{path.removeprefix(beside)}"
            if path.startswith(beside)
            else path.removeprefix(checkout)
        ).replace(os.sep, "/"): file
        for path, file in paths
    }


def _hashes(files: list[Path]) -> dict[str, str]:
    """{path: SHA-256}, so that a renamed file changes the key too."""
    return {name: cache.file_hash(file) for name, file in _staged_as(files).items()}


def tree_inputs(board: str) -> dict:
    """What the compiled C of a board is made from."""
    return {
        "sources": sources.identity(),
        "compiler": native.compiler_version("arm-none-eabi-gcc"),
        "libc": native.newlib_version(),
        "mpy_cross": native.mpy_cross().name,
        "pioasm": native.pioasm().name,
        "options": OPTIONS,
        "epoch": SOURCE_DATE_EPOCH,
        "board": _hashes(_port_files(board)),
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
    manifest.write(finished, board, version(dev), (finished / "firmware.bin").read_bytes(), inputs)


def _stage(board: str, dev: bool, stage: Path) -> None:
    """Makes `stage` hold just our files, laid out as in the checkout; what has not changed keeps
    its time.
    """
    wanted = _staged_as([*_frozen_files(board), *_port_files(board)])
    if not dev:
        del wanted[OVERLAY.as_posix()]
    for old in [path for path in stage.rglob("*") if path.is_file()]:
        if old.relative_to(stage).as_posix() not in wanted:
            old.unlink()
    for name, file in wanted.items():
        copy = stage / name
        content = (
            _edition(board).encode() if dev and file == CHECKOUT / EDITION else file.read_bytes()
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
            f"-DPython3_EXECUTABLE={sys.executable}",
            f"-Dpioasm_DIR={native.pioasm().get() / 'lib/cmake/pioasm'}",
        ],
        env=_environment(tree),
    )


def _environment(tree: Path) -> dict[str, str]:
    """Paths of this machine are mapped away, so that the same inputs give the same bytes
    elsewhere.
    """
    flags = f"-ffile-prefix-map={sources.tree()}=micropython -ffile-prefix-map={tree}=build"
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
    seal_at = runpy.run_path(str(_board_folder(board) / "board.py"))["SEAL_OFFSET"]
    limit = min(seal_at, FLASH_BYTES - _storage_bytes(board))
    if len(image) > limit:
        raise step.failure(
            f"the firmware is {len(image)} bytes, boards/{board} leaves {limit} before its flash "
            f"storage"
        )
    for name in _OUTPUTS:
        shutil.copy(objects / name, finished)
    (finished / "firmware.uf2").write_bytes(
        uf2_from_parts((0, image), (seal_at, seal(image, board, version(dev))))
    )
    step.note(f"{len(image)} of {limit} bytes")


def _storage_bytes(board: str) -> int:
    headers = (_board_folder(board) / "mpconfigboard.h", CHECKOUT / "boards" / "mpconfigboard.h")
    texts = [header.read_text() for header in headers]
    found = re.search(
        r"define MICROPY_HW_FLASH_STORAGE_BYTES\s+\((\d+) \* 1024\)", "\n".join(texts)
    )
    if not found:
        raise ToolchainError(
            f"{' or '.join(map(str, headers))}: MICROPY_HW_FLASH_STORAGE_BYTES must read (N * 1024)"
        )
    return int(found.group(1)) * 1024
