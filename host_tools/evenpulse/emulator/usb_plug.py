"""The USB cable of the twin and the computer at its other end: bytes in, bytes out, plugged or not.

The emulator's own host answers every read of the device with an empty packet at once, so an idle
device never sleeps. Here the host answers when it has something to say, as a real one does.
"""

from collections import deque
from typing import Any

from rp2040py.peripherals.usb import CONTROLLER_EN, SIE_STATUS, SIE_SUSPENDED, SOF_RD
from rp2040py.usb.cdc import USBCDC

_READ_DELAY_US = 50
_FRAME_NS, _FRAMES = 1_000_000, 1 << 11


class UsbPlug:
    """One end of a CDC serial line. `received` holds what the device sent and nobody has taken
    yet.
    """

    def __init__(self, rp2040: Any):
        self._usb = rp2040.usb_ctrl
        self._cdc = USBCDC(self._usb)
        self._cdc.on_serial_data = self._on_data
        self._serve_read = self._usb.on_endpoint_read
        self._begin = self._usb.on_usb_enabled
        self._usb.on_endpoint_read = self._on_read
        self._usb.on_usb_enabled = self._on_enabled
        self._usb.write_uint32 = self._write_register
        self._usb.read_uint32 = self._read_register
        self._clock, self._frame, self._plugged_ns = rp2040.clock, 0, 0.0
        self._usb.read_delay_microseconds = _READ_DELAY_US
        self._reset_host, self._usb.on_reset = self._usb.on_reset, self._on_chip_reset
        self._to_device: deque[int] = deque()
        # Size of a read that the device waits for
        self._asked: int | None = None
        self.received = bytearray()
        self.plugged = False

    @property
    def connected(self) -> bool:
        """Enumerated, with the port open (DTR)."""
        return self.plugged and self._cdc.dtr

    def write(self, data: bytes) -> None:
        """Send bytes to the device; they wait until it reads."""
        self._to_device.extend(data)
        if self._asked is not None and self._to_device:
            asked, self._asked = self._asked, None
            self._answer(asked)

    def waiting(self) -> int:
        """Bytes that the device has not read yet."""
        return len(self._to_device)

    def plug(self) -> None:
        if not self.plugged:
            self.plugged = True
            self._plugged_ns = self._clock.nanos
            if self._usb._main_ctrl & CONTROLLER_EN:
                self._begin()

    def unplug(self) -> None:
        """The bus goes idle: the device sees a suspend, and whatever was under way is lost."""
        if self.plugged:
            self._frame = self._frames()
            self.plugged = False
            self._usb.reset_alarm.cancel()
            self._forget()
            self._usb._sie_status |= SIE_SUSPENDED
            self._usb._sie_status_updated()

    def _on_enabled(self) -> None:
        if self.plugged:
            self._begin()

    def _write_register(self, offset: int, value: int) -> None:
        """SIE_STATUS.SUSPENDED is cleared by writing 1; in the emulator it and its interrupt
        stay.
        """
        type(self._usb).write_uint32(self._usb, offset, value)
        if offset == SIE_STATUS and self._usb.raw_write_value & SIE_SUSPENDED:
            self._usb._sie_status &= ~SIE_SUSPENDED
            self._usb._sie_status_updated()

    def _read_register(self, offset: int) -> int:
        """A host begins a frame every millisecond, and SOF_RD has its number; the emulator has
        neither.
        """
        return (
            self._frames() if offset == SOF_RD else type(self._usb).read_uint32(self._usb, offset)
        )

    def _frames(self) -> int:
        if not self.plugged:
            return self._frame
        return (self._frame + int((self._clock.nanos - self._plugged_ns) / _FRAME_NS)) % _FRAMES

    def _on_chip_reset(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._reset_host()
        self._to_device.clear()
        self._asked = None

    def _on_read(self, endpoint: int, size: int) -> None:
        if endpoint != self._cdc._out_endpoint:
            self._serve_read(endpoint, size)
        elif self._to_device:
            self._answer(size)
        else:
            self._asked = size

    def _answer(self, size: int) -> None:
        count = min(size, len(self._to_device))
        packet = bytes(self._to_device.popleft() for _ in range(count))
        self._usb.endpoint_read_done(self._cdc._out_endpoint, packet)

    def _on_data(self, data: bytes | bytearray) -> None:
        self.received += data
