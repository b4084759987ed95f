# On the device, in service mode: what a program does besides pulses, one thing each call, in turn.
# Every method is given the same.
import gc
import select
import sys

import board
import framebuf
import rp2
from machine import I2C, Pin, mem32

# Watchdog SCRATCH1: 1 while a measurement runs
_MARK = 0x40058010
_SECTOR = 4096
# Inside the filesystem's area, far from prescription and journal
_SPARE_BLOCK = 100


def mark(value):
    mem32[_MARK] = value


class Loads:
    """Four loads: a collection of fresh garbage, a whole screen over I2C, a sector of flash, USB
    in and out.
    """

    def __init__(self):
        pins = board.PINS
        self._i2c = I2C(
            board.OLED_I2C, sda=Pin(pins["OLED_SDA"][0]), scl=Pin(pins["OLED_SCL"][0]), freq=400_000
        )
        self._pixels = bytearray(1025)
        self._pixels[0] = 0x40
        self._frame = framebuf.FrameBuffer(
            memoryview(self._pixels)[1:], 128, 64, framebuf.MONO_VLSB
        )
        self._flash = rp2.Flash()
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)
        self._turn = 0

    def one(self):
        """The next load."""
        self._turn = (self._turn + 1) % 4
        (self.collect, self.screen, self.store, self.talk)[self._turn]()

    def collect(self):
        for _ in range(40):
            bytearray(500)
        gc.collect()

    def screen(self):
        self._frame.fill(0)
        self._frame.text("t %d" % self._turn, 0, 0)
        self._i2c.writeto(board.OLED_ADDRESS, self._pixels)

    def store(self):
        self._flash.ioctl(6, _SPARE_BLOCK)
        self._flash.writeblocks(_SPARE_BLOCK, self._pixels[:256], 0)

    def talk(self):
        self.drain(64)
        sys.stdout.write(
            "status: all is well, and this is a line of a log that is being sent\r\n" * 4
        )

    def drain(self, most=100_000):
        """Read what the host has sent."""
        while most and self._poll.poll(0):
            sys.stdin.read(1)
            most -= 1


loads = Loads()
