"""The programs of bench/device, which are typed into the device's REPL."""

from pathlib import Path

from evenpulse.connect.service import Service

_DEVICE = Path(__file__).parent / "device"


def source(name: str) -> str:
    """The text of one."""
    return (_DEVICE / name).read_text()


def type_in(service: Service, *names: str) -> None:
    """Run them on the device, one after the other."""
    for name in names:
        service.run(source(name))
