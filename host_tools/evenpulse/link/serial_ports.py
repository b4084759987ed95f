"""Which port: what is connected, and what `--port` means. "First found" is never a choice."""

from dataclasses import asdict, dataclass

from evenpulse.base import boards
from evenpulse.base.errors import BadUsage, NoBoard, SeveralBoards
from evenpulse.link.transport import SerialTransport, SocketTransport, Transport

# USB ids that a board of ours can carry: MicroPython on an RP2040 (vendor Raspberry Pi).
BOARD_USB_IDS = {(0x2E8A, 0x0005)}
FORMS = (
    "a device path, id:SERIAL, socket://HOST:PORT, twin: (twin:FOLDER keeps its flash, "
    "twin@BOARD: is another board's)"
)


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


def open_port(text: str | None, service: bool = False) -> Transport:
    """Open what `--port` names; without it, the one board that is connected.

    `service`: the device must be in service mode; a twin is switched on with SELECT held, a board a
    person has.
    """
    if not text:
        return SerialTransport(only_board().port)
    if text.startswith("socket:"):
        return SocketTransport(*_host_and_port(text))
    if text.startswith(("twin:", "twin@")):
        from evenpulse.twin.port import open_twin

        which, _, folder = text.partition(":")
        return open_twin(folder, service, which.partition("@")[2] or boards.DEFAULT)
    if text.startswith("id:"):
        return SerialTransport(_with_id(text.removeprefix("id:")).port)
    return SerialTransport(text)


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.removeprefix("socket://").rpartition(":")
    if (
        not text.startswith("socket://")
        or not host
        or not port.isdecimal()
        or not 0 < int(port) < 65_536
    ):
        raise BadUsage(
            f"--port {text} is not a socket address",
            do_next="write socket://HOST:PORT, for example socket://127.0.0.1:4000",
        )
    return host.strip("[]"), int(port)


def only_board() -> SerialPort:
    """The one board that is connected; raises NoBoard or SeveralBoards."""
    ports = serial_ports()
    ours = [port for port in ports if port.board]
    if len(ours) == 1:
        return ours[0]
    if ours:
        raise SeveralBoards(
            f"{len(ours)} boards are connected",
            seen=_listed(ours),
            do_next="choose one with --port id:SERIAL or --port PATH, or set EVENPULSE_PORT",
        )
    raise NoBoard(
        "no board is connected",
        tried="every USB serial port of this computer",
        seen=_listed(ports) or "no serial port at all",
        do_next=f"plug the board in, or choose with --port: {FORMS}",
    )


def _with_id(serial: str) -> SerialPort:
    ports = [port for port in serial_ports() if port.id]
    fitting = [port for port in ports if port.id.lower() == serial.lower()]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise SeveralBoards(
            f"{len(fitting)} ports carry the serial number {serial}",
            seen=_listed(fitting),
            do_next="choose one with --port PATH",
        )
    raise NoBoard(
        f"no board with the serial number {serial}" if serial else "id: names no serial number",
        seen=_listed(ports) or "no USB serial port at all",
        do_next="`evenpulse ports` lists serial numbers",
    )


def _listed(ports: list[SerialPort]) -> str:
    return "\n".join(
        f"{port.port}  {('id:' + port.id) if port.id else '(no id)'}  {port.description}"
        for port in ports
    )
