"""The command line itself: help, completion, speed, interruption, and what a defect of ours
looks like.
"""

import os
import signal
import subprocess
import sys
import time

import pytest
from hang import HANG_S

COMMANDS = [
    "ports",
    "info",
    "monitor",
    "selftest",
    "flash",
    "configure",
    "calibrate",
    "log",
    "report",
    "keys",
    "prescribe",
    "outputs",
    "verify",
    "twin",
    "bench",
]
LOG = ["list", "pull", "show", "verify", "export"]
KEYS = ["new", "show", "install", "remove"]
PRESCRIBE = ["new", "check", "sign", "show"]
TWIN = ["run", "serve", "live", "new", "check", "web"]
# Contract H1
HELP_MS_MAX = 250


def evenpulse(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "evenpulse", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [
        [],
        *[[name] for name in COMMANDS],
        *[["log", name] for name in LOG],
        *[["keys", name] for name in KEYS],
        *[["prescribe", name] for name in PRESCRIBE],
        *[["twin", name] for name in TWIN],
        ["bench", "run"],
    ],
    ids=" ".join,
)
def test_help(run, command):
    outcome = run(*command, "--help")
    assert outcome.code == 0
    assert outcome.out.startswith(f"Usage: {' '.join(['evenpulse', *command])} ")
    assert outcome.err == ""


def test_help_names_every_command_and_exit_code(run):
    out = run("--help").out
    for word in [
        *COMMANDS,
        "2 usage",
        "3 no board",
        "4 several boards",
        "6 safety fault",
        "130 interrupted",
    ]:
        assert word in " ".join(out.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["bogus"],
        ["info", "--prot", "x"],
        ["configure"],
        ["log", "bogus"],
        ["log", "show"],
        ["log", "show", "first"],
        ["log", "pull"],
        ["report"],
        ["report", "-o", "report.docx"],
        ["twin", "run", "x.toml"],
        ["twin", "serve"],
        ["twin", "serve", "--tcp", "usb"],
        ["twin", "serve", "--tcp", "1:2:99999"],
        [],
    ],
    ids=" ".join,
)
def test_usage_errors_are_2(run, arguments):
    outcome = run(*arguments)
    assert outcome.code == 2
    assert outcome.out == "" or arguments == []
    assert "Traceback" not in outcome.err


def test_version(run):
    assert run("--version").out.startswith("evenpulse ")


def test_help_is_quick():
    """Processor time, best of five.

    It is the wall time of an idle machine, whatever other tests run beside this one.
    """

    def processor_ms():
        before = os.times()
        assert evenpulse("--help").returncode == 0
        after = os.times()
        return (
            after.children_user
            + after.children_system
            - before.children_user
            - before.children_system
        ) * 1000

    assert 0 < min(processor_ms() for _ in range(5)) <= HELP_MS_MAX


def test_help_loads_nothing_heavy():
    script = (
        "import sys; sys.argv = ['evenpulse', '--help']\n"
        "from evenpulse.cli import main\n"
        "try:\n  main()\nfinally:\n  print(*sys.modules, file=sys.stderr)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stderr.split()
    assert "typer" in loaded
    assert not {
        "rich",
        "serial",
        "pydantic",
        "PIL",
        "matplotlib",
        "numpy",
        "rp2040py",
        "stimcore",
        "csv",
        "string",
        "evenpulse.journal.audit",
    } & set(loaded)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("evenpulse co", "configure"),
        ("evenpulse twin s", "serve"),
        ("evenpulse log v", "verify"),
        ("evenpulse log pull --po", "--port"),
        ("evenpulse info --po", "--port"),
        ("evenpulse info --port tw", "twin:"),
    ],
)
def test_shell_completion(words, expected):
    outcome = evenpulse(
        _EVENPULSE_COMPLETE="complete_bash",
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split()) - 1),
    )
    assert expected in outcome.stdout.split()


def test_completion_can_be_installed(monkeypatch):
    # The shell is named here: where no shell started the tests, as in CI, there is none to detect.
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    assert "_EVENPULSE_COMPLETE=complete_bash" in evenpulse("--show-completion", "bash").stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_is_130(fake, number):
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "evenpulse",
            "info",
            "--port",
            (device := fake(always="silent")).port,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A test run started in the background hands on an ignored SIGINT, which Python then leaves
        # ignored.
        # No other thread is there
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    deadline_s = time.monotonic() + HANG_S
    while not device.requests and time.monotonic() < deadline_s:
        time.sleep(0.01)
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in err


def test_a_defect_reads_like_one(run, monkeypatch):
    monkeypatch.setattr("evenpulse.link.serial_ports.serial_ports", lambda: 1 / 0)
    outcome = run("ports")
    assert outcome.code == 1
    assert outcome.err.startswith("error: unexpected ZeroDivisionError")
    assert "EVENPULSE_DEBUG=1" in outcome.err
    assert "Traceback" not in outcome.err


def test_a_traceback_for_those_who_ask(run, monkeypatch):
    monkeypatch.setenv("EVENPULSE_DEBUG", "1")
    outcome = run("info", "--port", "socket://127.0.0.1:1")
    assert outcome.code == 3
    assert "Traceback" in outcome.err
    assert "nothing listens" in outcome.err


def test_output_into_a_closed_pipe_is_quiet(fake):
    process = subprocess.run(
        f"{sys.executable} -m evenpulse info --port {fake().port} | true",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in process.stderr
    assert "unexpected" not in process.stderr
