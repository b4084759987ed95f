"""The command behind the Makefile: python3 -m toolchain
{setup,tools,firmware,upstream,venv,lint,mutants,micropython,clock,clean} [--board NAME].
"""

import argparse
import os
import shutil
import sys
from functools import partial

from evenpulse_ground.uf2 import DEV_MARK

from . import (
    ToolchainError,
    apt,
    clean,
    clock,
    firmware,
    lint,
    made_from,
    mutants,
    native,
    plan,
    release,
    sources,
    steps,
    stubs,
    upstream,
    venv,
    wheel,
)


def main() -> int:
    """0 when everything asked for is there; 1 with one explained error otherwise."""
    _leave_own_venv()
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except ToolchainError as error:
        print(f"\ntoolchain: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ntoolchain: interrupted; run again to go on", file=sys.stderr)
        return 130
    return 0


def _leave_own_venv() -> None:
    """Whoever has activated .venv types make in it, and here it is removed and made anew: by the
    Python that it was made from.
    """
    base = steps.python()
    if os.path.realpath(sys.prefix) == os.path.realpath(venv.VENV) and base != sys.executable:
        os.execv(base, [base, "-m", "toolchain", *sys.argv[1:]])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="toolchain", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, about in (
        ("setup", setup, "everything: tools, venv, firmware"),
        ("tools", tools, "sources, mpy-cross, pioasm, Unix port"),
        ("firmware", copy_firmware, "the firmware of one board, copied to build/firmware/<board>"),
        ("upstream", copy_upstream, "MicroPython's own firmware and benchmarks, in build/upstream"),
        ("venv", make_venv, "the Python packages and .venv"),
        (
            "wheel",
            make_wheel,
            "the host tools as a wheel, with boards and firmware, in build/wheel",
        ),
        (
            "lint",
            find_complaints,
            "ruff, its format, vulture, and mypy over the host's tools and over the firmware",
        ),
        (
            "browser",
            make_browser,
            "a browser and its driver, for make test-web; where the driver is",
        ),
        ("clean", clean_cache, "how large the cache is; removes what nobody has used for a month"),
        ("clock", try_days, "the tests and the demo on other days"),
        (
            "micropython",
            try_micropythons,
            "make test-one-micropython with each MicroPython that is pinned",
        ),
        ("mutants", find_mutants, "mutants of the safety code that the unit tests do not notice"),
    ):
        command = commands.add_parser(name, help=about)
        command.add_argument("--board", action="append", help="nmes2 unless given; several, or all")
        command.add_argument("--tests", action="store_true", help="with what the tests alone need")
        command.add_argument(
            "--dev",
            action="store_true",
            help="a development build: takes modules from its filesystem",
        )
        command.set_defaults(run=run)
    return parser


def setup(arguments: argparse.Namespace) -> None:
    apt.ensure_packages()
    boards = _boards(arguments)
    for board in boards:
        made_from.check_board(board)
    plan.run(
        {
            **_tools(),
            "packages": plan.Part(venv.make),
            **{
                f"firmware of {board}": plan.Part(
                    partial(firmware.get, board), ("pioasm", "mpy-cross")
                )
                for board in boards
            },
            **(_test_packages() if arguments.tests else {}),
        }
    )


def _tools() -> dict[str, plan.Part]:
    """What an artefact is made from is known once the sources are there."""
    return {
        "sources": plan.Part(sources.fetch),
        "mpy-cross": plan.Part(lambda: native.mpy_cross().get(), ("sources",)),
        "pioasm": plan.Part(lambda: native.pioasm().get(), ("sources",)),
        "Unix port": plan.Part(lambda: native.unix_port().get(), ("mpy-cross",)),
    }


def _test_packages() -> dict[str, plan.Part]:
    """What lint and the tests need, and nobody else: the stubs, what each lock installs, what
    other days need.
    """
    return {
        **{
            lock.name: plan.Part(venv.site_packages(lock).get, ("packages",))
            for lock in venv.locks()
        },
        "stubs": plan.Part(lambda: stubs.artefact().get(), (stubs.LOCK.name,)),
        "clock": plan.Part(clock.library().get),
    }


def _boards(arguments: argparse.Namespace) -> list[str]:
    named = arguments.board or ["nmes2"]
    return made_from.boards() if named == ["all"] else named


def tools(_arguments: argparse.Namespace) -> None:
    apt.ensure_packages()
    plan.run(_tools())


def copy_firmware(arguments: argparse.Namespace) -> None:
    tools(arguments)
    for board in _boards(arguments):
        made_from.check_board(board)
        built = firmware.artefact(board, arguments.dev).get()
        folder = made_from.CHECKOUT / "build" / "firmware" / (board + DEV_MARK * arguments.dev)
        folder.mkdir(parents=True, exist_ok=True)
        for file in built.glob("firmware.*"):
            shutil.copy(file, folder)
        print(folder / "firmware.uf2")


def copy_upstream(arguments: argparse.Namespace) -> None:
    tools(arguments)
    print(upstream.copy())


def make_venv(_arguments: argparse.Namespace) -> None:
    apt.ensure_packages()
    plan.run({"packages": plan.Part(venv.make), **_test_packages()})


def make_browser(_arguments: argparse.Namespace) -> None:
    apt.ensure_browser()
    print(venv.site_packages(venv.BROWSER_LOCK).get() / "site")


def make_wheel(arguments: argparse.Namespace) -> None:
    arguments.board = ["all"]
    setup(arguments)
    print(wheel.build())


def find_complaints(_arguments: argparse.Namespace) -> None:
    lint.run()


def clean_cache(_arguments: argparse.Namespace) -> None:
    clean.run()


def try_days(_arguments: argparse.Namespace) -> None:
    clock.run()


def try_micropythons(_arguments: argparse.Namespace) -> None:
    words = ["make", "-C", str(made_from.CHECKOUT), "test-one-micropython"]
    release.test_each([*words, f"PYTHON={sys.executable}"])


def find_mutants(arguments: argparse.Namespace) -> None:
    tools(arguments)
    mutants.run()


if __name__ == "__main__":
    sys.exit(main())
