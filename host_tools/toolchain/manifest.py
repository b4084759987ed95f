"""What a firmware was made from, beside it: firmware.json (every input with its version and hash)
and a CycloneDX SBOM.

The same inputs give the same bytes: no time but SOURCE_DATE_EPOCH, no path and no name of this
computer.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from .pins import SOURCE_DATE_EPOCH
from .release import chosen

MANIFEST, SBOM = "firmware.json", "firmware.cdx.json"
_HASHED = ("firmware.uf2", "firmware.bin")
# What is linked into the program, by the name of its source: name, licence as its own files say,
# the part it plays.
_LINKED = {
    "micropython": ("MicroPython", "MIT", "virtual machine, libraries and the rp2 port"),
    "pico-sdk-source": (
        "Raspberry Pi Pico SDK",
        "BSD-3-Clause",
        "start-up code and drivers of the RP2040",
    ),
    "tinyusb-source": ("TinyUSB", "MIT", "USB device stack"),
    "mbedtls": ("Mbed TLS", "Apache-2.0 OR GPL-2.0-or-later", "SHA-256"),
}


def write(folder: Path, board: str, version: str, program: bytes, inputs: Mapping) -> None:
    """Write both into the folder of a finished firmware. `inputs`: what its cache key is made
    of.
    """
    files = {name: _facts((folder / name).read_bytes()) for name in _HASHED}
    about = {
        "board": board,
        "version": version,
        "program_sha256": hashlib.sha256(program).hexdigest(),
        "files": files,
        "pins": _pins(inputs["tree"]["sources"]),
        "inputs": _portable(inputs),
    }
    (folder / MANIFEST).write_text(json.dumps(about, indent=1, sort_keys=True) + "\n")
    (folder / SBOM).write_text(json.dumps(_bom(about, inputs), indent=1) + "\n")


def _pins(taken: Mapping) -> dict:
    """Whether this is the build that the pins mean, and what else it was made from: a point
    release replaces packages.
    """
    pins = chosen().pins
    differs = {
        pin.package: {"pinned": pin.version, "taken": taken[pin.package]["version"]}
        for pin in pins
        if pin.package in taken and taken[pin.package]["version"] != pin.version
    }
    return {
        "as_pinned": not differs and all(pin.package in taken for pin in pins),
        "differs": differs,
    }


def _facts(data: bytes) -> dict:
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _portable(inputs: Mapping) -> dict:
    """The inputs without the path of a MicroPython checkout on this computer; its state stays."""
    tree = dict(inputs["tree"])
    tree["sources"] = {name: value for name, value in tree["sources"].items() if name != "checkout"}
    return {**inputs, "tree": tree}


def _bom(about: dict, inputs: Mapping) -> dict:
    """CycloneDX 1.6: the firmware, what is linked into it, and what built it."""
    uf2 = about["files"]["firmware.uf2"]["sha256"]
    own = {
        "type": "firmware",
        "bom-ref": "firmware",
        "name": f"evenpulse-{about['board']}",
        "version": about["version"],
        "licenses": [{"license": {"id": "MIT"}}],
        "hashes": [{"alg": "SHA-256", "content": uf2}],
    }
    parts = _linked(inputs["tree"])
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.UUID(bytes=bytes.fromhex(uf2)[:16], version=4)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(int(SOURCE_DATE_EPOCH), UTC).isoformat(),
            "tools": {"components": _tools(inputs["tree"])},
            "component": own,
        },
        "components": parts,
        "dependencies": [{"ref": "firmware", "dependsOn": [part["bom-ref"] for part in parts]}],
    }


def _linked(tree: Mapping) -> list[dict]:
    """What is linked into the program; from a MicroPython checkout only its state is known."""
    parts = []
    for source, (name, licence, plays) in _LINKED.items():
        part = {
            "type": "library",
            "bom-ref": source,
            "name": name,
            "description": plays,
            "licenses": [_licence(licence)],
        }
        if found := tree["sources"].get(source):
            part["version"] = found["version"]
            version = found["version"].replace("+", "%2B").replace("~", "%7E")
            part["purl"] = f"pkg:deb/debian/{source}@{version}"
            part["hashes"] = [{"alg": "SHA-256", "content": found["sha256"]}]
        else:
            part["version"] = tree["sources"]["state"][:16]
        parts.append(part)
    libc = {
        "type": "library",
        "bom-ref": "newlib",
        "name": "newlib",
        "version": tree["libc"],
        "description": "C library",
        "licenses": [{"license": {"id": "BSD-3-Clause"}}],
    }
    return [*parts, libc]


def _licence(text: str) -> dict:
    return {"expression": text} if " " in text else {"license": {"id": text}}


def _tools(tree: Mapping) -> list[dict]:
    name, _, version = tree["compiler"].partition(" ")
    return [{"type": "application", "name": name, "version": version}]
