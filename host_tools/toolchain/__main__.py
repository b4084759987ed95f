"""The command behind the Makefile: python3 -m toolchain
{setup,tools,firmware,venv,lint,mutants,clock,clean} [--board NAME].
"""

import argparse
import shutil
import sys

from evenpulse_ground.uf2 import DEV_MARK

from . import (
    ToolchainError,
    apt,
    clean,
    clock,
    firmware,
    lint,
    mutants,
    native,
    sources,
    stubs,
    venv,
    wheel,
)


def main() -> int:
    """0 when everything asked for is there; 1 with one explained error otherwise."""
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="toolchain", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, about in (
        ("setup", setup, "everything: tools, venv, firmware"),
        ("tools", tools, "sources, mpy-cross, pioasm, Unix port"),
        ("firmware", copy_firmware, "the firmware of one board, copied to build/firmware/<board>"),
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
        ("clean", clean_cache, "how large the cache is; removes what nobody has used for a month"),
        ("clock", try_days, "the tests and the demo on other days"),
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
    tools(arguments)
    for board in _boards(arguments):
        firmware.get(board)
    venv.make()
    if arguments.tests:
        make_test_packages()


def _boards(arguments: argparse.Namespace) -> list[str]:
    named = arguments.board or ["nmes2"]
    return firmware.boards() if named == ["all"] else named


def tools(_arguments: argparse.Namespace) -> None:
    apt.ensure_packages()
    sources.fetch()
    for artefact in (native.mpy_cross(), native.pioasm(), native.unix_port()):
        artefact.get()


def copy_firmware(arguments: argparse.Namespace) -> None:
    tools(arguments)
    for board in _boards(arguments):
        firmware.check_board(board)
        built = firmware.artefact(board, arguments.dev).get()
        folder = firmware.CHECKOUT / "build" / "firmware" / (board + DEV_MARK * arguments.dev)
        folder.mkdir(parents=True, exist_ok=True)
        for file in built.glob("firmware.*"):
            shutil.copy(file, folder)
        print(folder / "firmware.uf2")


def make_venv(_arguments: argparse.Namespace) -> None:
    apt.ensure_packages()
    venv.make()
    make_test_packages()


def make_test_packages() -> None:
    """What lint and the tests need, and nobody else: the stubs, what each lock installs, what
    other days need.
    """
    stubs.artefact().get()
    clock.library().get()
    for lock in venv.locks():
        venv.site_packages(lock).get()


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


def find_mutants(arguments: argparse.Namespace) -> None:
    tools(arguments)
    mutants.run()


if __name__ == "__main__":
    sys.exit(main())
