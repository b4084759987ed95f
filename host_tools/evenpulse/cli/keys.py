"""`evenpulse keys`: a clinic's keys as files, and which of them a device trusts."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evenpulse.base.printing import note, print_fields, print_json, print_table
from evenpulse.cli.options import AsJson, Port

if TYPE_CHECKING:
    from evenpulse.prescription.keys import PrivateKey

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
# How app/service_keys.py on the device begins its answer
_ANSWER = "evenpulse-keys "


@app.callback()
def keys() -> None:
    """Make a clinic's keys and choose which of them a device trusts.

    The private key signs prescriptions and never leaves the clinic. Devices hold public keys only.
    """


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="Where to put NAME.key and NAME.pub.")],
    name: Annotated[str, typer.Option("--name", help="What the key is called, on devices too.")],
    as_json: AsJson = False,
) -> None:
    """Make a pair of keys.

    Asks for a passphrase on a terminal, else takes EVENPULSE_KEY_PASSPHRASE. Never replaces a file.
    """
    from evenpulse.prescription import keys

    phrase = passphrase("Passphrase for the private key (empty: none)", confirm=True)
    private, public, key = keys.new(folder, name, phrase)
    shown = {
        "key": key.id,
        "private": str(private),
        "public": str(public),
        "encrypted": bool(phrase),
    }
    if as_json:
        print_json(shown)
    else:
        print_fields(shown)
    if not phrase:
        note(
            f"Warning: {private} is not encrypted; whoever reads it can prescribe. Only its owner "
            f"may (mode 0600): keep it so."
        )
    note(f"Next: evenpulse keys install {public} --port …, once for each device, in service mode.")


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="NAME.pub or NAME.key.")], as_json: AsJson = False
) -> None:
    """Show which key a file holds."""
    from evenpulse.prescription import keys

    private = keys.is_private(file)
    key = private_key(file).public if private else keys.load_public(file)
    shown = {
        "key": key.id,
        "name": key.name,
        "private": private,
        "encrypted": private and keys.is_encrypted(file),
        "bits": 8 * len(key.modulus),
    }
    if as_json:
        print_json(shown)
    else:
        print_fields(shown)


@app.command()
def install(
    file: Annotated[Path, typer.Argument(help="The clinic's public key, NAME.pub.")],
    name: Annotated[str, typer.Option("--name", help="Another name than the file's.")] = "",
    port: Port = None,
    as_json: AsJson = False,
) -> None:
    """Let a device trust a clinic's key.

    The device must be in service mode: SELECT held while it is switched on.
    """
    from evenpulse.base.errors import BadUsage
    from evenpulse.prescription import keys
    from evenpulse.twin import clinic

    key = keys.load_public(file, name)
    if key.modulus in (one.public.modulus for one in (clinic.key(), clinic.others_key())):
        raise BadUsage(
            f"{file} is one of the twin's own keys, whose private half is public",
            do_next="make your own: evenpulse keys new",
        )
    _change(port, f"install({key.name!r}, {key.modulus.hex()!r})", as_json)
    note(f"The device trusts key {key.id} from its next start on. Switch it off and on.")


@app.command()
def remove(
    key: Annotated[str, typer.Argument(help="The id of the key, as `evenpulse info` shows it.")],
    port: Port = None,
    as_json: AsJson = False,
) -> None:
    """Let a device trust a key no longer.

    A prescription that it signed counts no more. The device must be in service mode.
    """
    _change(port, f"remove({key!r})", as_json)
    note(f"The device does not trust key {key} from its next start on. Switch it off and on.")


def _change(port: str | None, call: str, as_json: bool) -> None:
    """Call one function of app/service_keys.py in the device's REPL, and show which keys it then
    trusts.
    """
    from contextlib import closing

    from evenpulse.base.errors import Problem
    from evenpulse.base.printable import printable
    from evenpulse.connect.ports import open_port
    from evenpulse.link import repl

    with closing(open_port(port, service=True)) as transport:
        text = repl.run(transport, f"from app import service_keys\nservice_keys.{call}\n", _ANSWER)
    try:
        answer = json.loads(text)
        installed = answer.get("keys")
    except (ValueError, AttributeError) as error:
        raise Problem(
            "the device's answer makes no sense",
            seen=printable(text)[:200],
            do_next="use the tool and the firmware of one release (make flash)",
        ) from error
    if installed is None:
        raise Problem(
            printable(
                f"the device refused: {answer.get('field')} = {answer.get('value')}: limit "
                f"{answer.get('limit')} ({answer.get('source')})"
            ),
            do_next=printable(answer.get("advice", "")),
        )
    if as_json:
        print_json(installed)
    else:
        print_table(["key", "name"], [[row["key"], row["name"]] for row in installed])


def private_key(path: Path) -> "PrivateKey":
    """A private key; asks for its passphrase if it has one."""
    from evenpulse.prescription import keys

    phrase = passphrase(f"Passphrase of {path}", confirm=False) if keys.is_encrypted(path) else ""
    return keys.load_private(path, phrase)


def passphrase(prompt: str, confirm: bool) -> str:
    """From EVENPULSE_KEY_PASSPHRASE, or from the person at the terminal; empty without either."""
    from evenpulse.prescription import keys

    given = os.environ.get(keys.PASSPHRASE_VARIABLE)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        return ""
    return typer.prompt(
        prompt,
        default="",
        hide_input=True,
        confirmation_prompt=confirm,
        show_default=False,
        err=True,
    )
