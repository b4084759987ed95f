"""The serial ports of this computer, and which of them a board of ours can be."""

from dataclasses import asdict, dataclass

# USB ids that a board of ours can carry: MicroPython on an RP2040 (vendor Raspberry Pi).
BOARD_USB_IDS = {(0x2E8A, 0x0005)}


@dataclass(frozen=True)
class SerialPort:
    """One serial port of this computer; `board` says whether its USB id is one that our boards
    carry.
    """

    port: str
    id: str
    description: str
    board: bool

    def as_dict(self) -> dict:
        return asdict(self)


def serial_ports() -> list[SerialPort]:
    """Every serial port of this computer, boards first."""
    from serial.tools import list_ports

    found = [
        SerialPort(
            port.device,
            port.serial_number or "",
            port.product or port.description or "",
            (port.vid, port.pid) in BOARD_USB_IDS,
        )
        for port in list_ports.comports()
    ]
    return sorted(found, key=lambda port: (not port.board, port.port))
