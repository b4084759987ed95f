# Part of _exact.pyx: DMA channels and the FIFOs of PIO, I2C and ADC, which every pulse asks dozens of times.
#
# They take the places of the emulator's (peripherals/dma.py, utils/fifo.py), of DmaPace too, and
# keep their names: whoever looks finds the same. The Python loop leaves the originals where they
# are, so tests that hold the two loops against each other hold these against those.

cdef enum:
    READ_ADDR
    WRITE_ADDR
    TRANS_COUNT
    CTRL

# AHB_ERROR: either of the two.
cdef long long DMA_ANY_ERROR = 1 << 31

# A channel's four registers and their three aliases (datasheet 2.5.7).
cdef int[16] DMA_REGISTERS = [
    READ_ADDR, WRITE_ADDR, TRANS_COUNT, CTRL,
    CTRL, READ_ADDR, WRITE_ADDR, TRANS_COUNT,
    CTRL, TRANS_COUNT, READ_ADDR, WRITE_ADDR,
    CTRL, WRITE_ADDR, TRANS_COUNT, READ_ADDR,
]

cdef enum:
    DMA_EN = 1
    DMA_INCR_READ = 1 << 4
    DMA_INCR_WRITE = 1 << 5
    DMA_RING_SEL = 1 << 10
    DMA_IRQ_QUIET = 1 << 21
    DMA_BSWAP = 1 << 22
    DMA_BUSY = 1 << 24
    DMA_WRITABLE = 0xFFFFFF
    DMA_WRITE_ERROR = 1 << 29
    DMA_READ_ERROR = 1 << 30
    DMA_CLEARED_BY_ONE = 3 << 29
    DMA_UNPACED = 0x3F
    DMA_FIRST_TIMER = 0x3B
    DMA_DEBUG_REQUESTS = 0x800
    DMA_DEBUG_RELOAD = 0x804


cdef class Fifo:
    """Up to sixteen words, first in, first out."""

    cdef dict __dict__  # a fault may take the place of a method
    cdef unsigned int words[16]
    cdef unsigned int begin
    cdef unsigned int used
    cdef readonly unsigned int size

    def __init__(self, unsigned int size):
        self.size = size

    @property
    def item_count(self):
        return self.used

    @property
    def empty(self):
        return self.used == 0

    @property
    def full(self):
        return self.used == self.size

    @property
    def items(self):
        return [self.words[(self.begin + k) % self.size] for k in range(self.used)]

    def push(self, unsigned int value):
        if self.used < self.size:
            self.words[(self.begin + self.used) % self.size] = value
            self.used += 1

    def pull(self):
        cdef unsigned int value
        if not self.used:
            return 0
        value = self.words[self.begin]
        self.begin = (self.begin + 1) % self.size
        self.used -= 1
        return value

    def peek(self):
        return self.words[self.begin] if self.used else 0

    def reset(self):
        self.used = 0


cdef class Requests:
    """Who asks for transfers (DREQ), and how many were scheduled in this clock (DmaPace)."""

    cdef SimulationClock clock
    cdef dict dreq
    cdef list channels
    cdef double nanos
    cdef int count
    cdef int at_once
    cdef double wait_ns
    cdef object is_something

    def __init__(self, rp2040, pace):
        self.is_something = pace.somewhere(rp2040)
        self.clock, self.dreq = rp2040.clock, rp2040.dma.dreq
        self.nanos, self.at_once, self.wait_ns = -1, pace.AT_ONCE, pace.WAIT_NS
        self.channels = [DmaChannel(channel, self) for channel in rp2040.dma.channels]

    def set_dreq(self, number):
        cdef DmaChannel channel
        cdef int wanted = number
        if self.dreq.get(number, False):
            return
        self.dreq[number] = True
        for channel in self.channels:
            if channel._treq_value == wanted and channel.is_active():
                channel.schedule_transfer()

    def clear_dreq(self, number):
        self.dreq[number] = False

    cdef bint are_too_many(self):
        if self.clock._nanos_counter != self.nanos:
            self.nanos, self.count = self.clock._nanos_counter, 0
        self.count += 1
        return self.count > self.at_once


cdef class DmaChannel:
    """One channel; what each part does is told in the emulator's RPDMAChannel."""

    cdef readonly object dma
    cdef RP2040 rp2040
    cdef Requests requests
    cdef readonly int index
    cdef public long long _ctrl
    cdef public long long _read_addr
    cdef public long long _write_addr
    cdef public long long _trans_count
    cdef public long long _trans_count_reload
    cdef public int _treq_value
    cdef int chain_to
    cdef int data_size
    cdef bint swaps
    cdef long long ring_mask
    cdef readonly ClockAlarm transfer_alarm

    def __init__(self, plain, requests):
        self.dma, self.rp2040, self.index = plain.dma, plain.rp2040, plain.index
        self.requests = requests
        self.data_size = 1
        self.transfer_alarm = self.rp2040.clock.create_alarm(self.transfer)
        self.reset()

    @property
    def treq(self):
        return self._treq_value

    @property
    def active(self):
        return self.is_active()

    cdef bint is_active(self):
        return self._ctrl & DMA_EN and self._ctrl & DMA_BUSY

    cpdef start(self):
        if not self._ctrl & DMA_EN or self._ctrl & DMA_BUSY:
            return
        self._ctrl |= DMA_BUSY
        self._trans_count = self._trans_count_reload
        if self._trans_count:
            self.schedule_transfer()

    cpdef schedule_transfer(self):
        cdef int by = self._treq_value
        cdef bint ready = by == DMA_UNPACED or self.requests.dreq.get(by, False)
        cdef bint too_many = self.requests.are_too_many()
        if ready:
            self.transfer_alarm.schedule(self.requests.wait_ns if too_many else 0)
        elif by >= DMA_FIRST_TIMER:
            delay = self.dma.get_timer(by)
            if delay:
                self.transfer_alarm.schedule(delay * 1000)

    cdef int move(self) except -1:
        cdef unsigned int word
        if self.data_size == 4:
            word = self.rp2040.read_uint32(self._read_addr)
            if self.swaps:
                word = word << 24 | (word & 0xFF00) << 8 | word >> 8 & 0xFF00 | word >> 24
            self.rp2040.write_uint32(self._write_addr, word)
        elif self.data_size == 2:
            word = self.rp2040.read_uint16(self._read_addr)
            if self.swaps:
                word = (word & 0xFF) << 8 | word >> 8
            self.rp2040.write_uint16(self._write_addr, word)
        else:
            self.rp2040.write_uint8(self._write_addr, self.rp2040.read_uint8(self._read_addr))
        return 0

    def transfer(self):
        # What it moves may be written to its own registers.
        cdef long long ctrl = self._ctrl, size = self.data_size
        cdef long long read_ring = 0 if ctrl & DMA_RING_SEL else self.ring_mask
        cdef long long write_ring = self.ring_mask if ctrl & DMA_RING_SEL else 0
        if not (self.reached(self._read_addr, DMA_READ_ERROR)
                and self.reached(self._write_addr, DMA_WRITE_ERROR)):
            return
        self.move()
        if ctrl & DMA_INCR_READ:
            self._read_addr = next_address(self._read_addr, size, read_ring)
        if ctrl & DMA_INCR_WRITE:
            self._write_addr = next_address(self._write_addr, size, write_ring)
        self._trans_count -= 1
        if self._trans_count > 0:
            self.schedule_transfer()
            return
        self._ctrl &= ~DMA_BUSY
        if not self._ctrl & DMA_IRQ_QUIET:
            self.raise_interrupt()
        if self.chain_to != self.index and self.chain_to < len(self.requests.channels):
            (<DmaChannel>self.requests.channels[self.chain_to]).start()

    cdef bint reached(self, long long address, long long error) except -1:
        # Told in DmaPace.
        if 0x20000000 <= address < 0x20042000 or self.requests.is_something(address):
            return True
        self._ctrl = self._ctrl & ~DMA_BUSY | error | DMA_ANY_ERROR
        self.raise_interrupt()
        return False

    cdef raise_interrupt(self):
        self.dma.int_raw |= 1 << self.index
        self.dma.check_interrupts()

    def abort(self):
        self._ctrl &= ~DMA_BUSY
        self.transfer_alarm.cancel()

    cdef long long register(self, int register):
        if register == READ_ADDR:
            return self._read_addr
        if register == WRITE_ADDR:
            return self._write_addr
        return self._trans_count if register == TRANS_COUNT else self._ctrl

    def read_uint32(self, int offset):
        if offset < 0x40:
            return self.register(DMA_REGISTERS[offset >> 2])
        return self._trans_count_reload if offset == DMA_DEBUG_RELOAD else 0

    def write_uint32(self, int offset, long long value):
        cdef int register
        if offset >= 0x40:
            return
        register = DMA_REGISTERS[offset >> 2]
        if register == READ_ADDR:
            self._read_addr = value
        elif register == WRITE_ADDR:
            self._write_addr = value
        elif register == TRANS_COUNT:
            self._trans_count_reload = value
        else:
            self.set_ctrl(value)
        if offset & 0xC == 0xC:
            self.trigger(value)

    cdef set_ctrl(self, long long value):
        cdef int ring_size
        self._ctrl = self._ctrl & ~DMA_WRITABLE | value & DMA_WRITABLE
        self._ctrl &= ~(value & DMA_CLEARED_BY_ONE)
        if not self._ctrl & DMA_CLEARED_BY_ONE:
            self._ctrl &= ~DMA_ANY_ERROR
        self._treq_value, self.chain_to = self._ctrl >> 15 & 0x3F, self._ctrl >> 11 & 15
        ring_size = self._ctrl >> 6 & 15
        self.ring_mask = (1 << ring_size) - 1
        self.data_size = 1 << (self._ctrl >> 2 & 3) if self._ctrl >> 2 & 3 != 3 else 1
        self.swaps = self._ctrl & DMA_BSWAP != 0
        if self.is_active():
            self.schedule_transfer()
        if not self._ctrl & DMA_EN:
            self.transfer_alarm.cancel()

    cdef trigger(self, long long value):
        """A register that starts the channel; with 0 written to it, it may interrupt instead."""
        if value:
            self.start()
        elif self._ctrl & DMA_IRQ_QUIET:
            self.raise_interrupt()

    def reset(self):
        self.write_uint32(0xC, self.index << 11)


cdef inline long long next_address(long long address, long long size, long long ring) noexcept:
    return address & ~ring | address + size & ring if ring else address + size


cdef take_dma_and_fifos(rp2040):
    """From now on these are the chip's."""
    from evenpulse.emulator.dma import DmaPace

    requests = Requests(rp2040, DmaPace)
    dma = rp2040.dma
    dma.channels = requests.channels
    dma.set_dreq, dma.clear_dreq = requests.set_dreq, requests.clear_dreq
    for pio in rp2040.pio:
        for machine in pio.machines:
            machine.tx_fifo = Fifo(machine.tx_fifo.size)
            machine.rx_fifo = Fifo(machine.rx_fifo.size)
    for i2c in rp2040.i2c:
        i2c._tx_fifo, i2c._rx_fifo = Fifo(i2c._tx_fifo.size), Fifo(i2c._rx_fifo.size)
    rp2040.adc.fifo = Fifo(rp2040.adc.fifo.size)
