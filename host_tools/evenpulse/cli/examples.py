"""One example a command, shown at the end of its help: a table, because somebody looks for it
there first.
"""

import typer

EXAMPLES = {
    "ports": "evenpulse ports --json",
    "info": "evenpulse info --port id:e66454494e000001",
    "monitor": "evenpulse monitor --for-s 60 -o status.csv",
    "selftest": "evenpulse selftest --port /dev/ttyACM0",
    "flash": "evenpulse flash --board nmes2 --port /dev/ttyACM0",
    "configure": "evenpulse configure pain.signed --port /dev/ttyACM0",
    "calibrate": "evenpulse calibrate --channel 1 --gain-percent 0.25 --offset-ua 40",
    "report": "evenpulse report --archive journals --prescription pain.toml -o report.pdf",
    "patients": "evenpulse patients --archive journals --tz Europe/Berlin",
    "outputs": "evenpulse outputs pain.toml --measure -o outputs.html",
    "verify": "evenpulse verify pain.toml capture.sr --pin CH1_A=D0 --pin CH1_B=D1 -o errors.png",
    "log list": "evenpulse log list --archive journals --event fault",
    "log show": "evenpulse log show 5 --archive journals",
    "log pull": "evenpulse log pull --archive journals",
    "log verify": "evenpulse log verify --archive journals",
    "log export": "evenpulse log export --archive journals -o journal.csv",
    "keys new": "evenpulse keys new clinic-keys --name clinic",
    "keys show": "evenpulse keys show clinic-keys/clinic.pub",
    "keys install": "evenpulse keys install clinic-keys/clinic.pub --port twin:board",
    "keys remove": "evenpulse keys remove 0123456789abcdef --port twin:board",
    "prescribe new": "evenpulse prescribe new pain.toml --preset pain-conventional",
    "prescribe check": "evenpulse prescribe check pain.toml --board nmes2",
    "prescribe sign": (
        "evenpulse prescribe sign pain.toml --key clinic-keys/clinic.key -o pain.signed"
    ),
    "prescribe show": "evenpulse prescribe show pain.signed --key clinic-keys/clinic.pub",
    "twin new": "evenpulse twin new own.toml --prescription",
    "twin check": "evenpulse twin check own.toml",
    "twin run": "evenpulse twin run own.toml --out run",
    "twin serve": "evenpulse twin serve --tcp 4444 --state board --buttons",
    "twin live": "evenpulse twin live pain.toml",
    "twin web": "evenpulse twin web pain.toml --open",
    "bench run": "evenpulse bench run pain.toml --ch1-ma 5 --seconds 2 --port twin@bench:",
}


def add(app: typer.Typer, path: str = "") -> None:
    """Put each example below the help of its command."""
    for command in app.registered_commands:
        # Every one has a function
        name = command.name or command.callback.__name__  # type: ignore[union-attr]
        if example := EXAMPLES.get(path + name):
            command.epilog = f"Example: {example}"
    for group in app.registered_groups:
        add(group.typer_instance, f"{path}{group.name} ")  # type: ignore[arg-type]
