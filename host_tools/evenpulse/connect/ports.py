"""Which port: what is connected, and what `--port` means. "First found" is never a choice."""

from evenpulse.base import boards
from evenpulse.base.errors import BadUsage, NoBoard, SeveralBoards
from evenpulse.link import serial_ports
from evenpulse.link.client import Device, identify
from evenpulse.link.transport import SerialTransport, SocketTransport, Transport

FORMS = (
    "a device path, id:SERIAL, socket://HOST:PORT, twin: (twin:FOLDER keeps its flash, "
    "twin@BOARD: is another board's)"
)


def connect(port: str | None) -> Device:
    """Open a port and make sure that an Evenpulse of our protocol is behind it."""
    device = Device(open_port(port))
    try:
        identify(device)
    except BaseException:
        device.transport.close()
        raise
    return device


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
        # Late, as it takes long: the emulator, which a board on a cable does not need.
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


def only_board() -> serial_ports.SerialPort:
    """The one board that is connected; raises NoBoard or SeveralBoards."""
    ports = serial_ports.serial_ports()
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


def _with_id(serial: str) -> serial_ports.SerialPort:
    ports = [port for port in serial_ports.serial_ports() if port.id]
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


def _listed(ports: list[serial_ports.SerialPort]) -> str:
    return "\n".join(
        f"{port.port}  {('id:' + port.id) if port.id else '(no id)'}  {port.description}"
        for port in ports
    )
