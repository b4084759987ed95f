# Part of _exact.pyx: registers that firmware asks in every round, answered without the emulator's
# bus.
#
# Only those are here whose reading or writing makes nothing happen: no event moves, nobody is told,
# nothing can fail. So the CPU may run on. Values and clocks are those of the emulator's own
# registers, whose state this reads.

cdef enum:
    SIO_CLOCKS = 1
    AHB_CLOCKS = 2
    APB_CLOCKS = 4
    APB_WRITE_CLOCKS = 5
    TIMER_INTERRUPTS = 15  # the first four


cdef class Devices:
    """Registers of one chip. Without `find` it knows none."""

    cdef RPPIO pio0
    cdef RPPIO pio1
    cdef list channels
    cdef object dma
    cdef object sio
    cdef object adc
    cdef object i2c0
    cdef object i2c1
    cdef object timer
    cdef CortexM0Core core
    cdef dict plain
    cdef list pins
    cdef list slices
    cdef int* exec_pc
    cdef bint found
    cdef Divider divider
    cdef double timer_epoch_ns

    cdef find(self, rp2040):
        """Take the blocks as they are on the bus from now on."""
        self.pio0, self.pio1 = rp2040.pio
        self.dma, self.channels = rp2040.dma, rp2040.dma.channels
        self.sio, self.adc = rp2040.sio, rp2040.adc
        self.i2c0, self.i2c1 = rp2040.i2c
        self.core = rp2040.core
        # CLOCKS, RESETS, PSM, both PLLs, VREG: firmware compares them in each round.
        self.plain = {
            page: rp2040.peripherals[page]
            for page in (0x40008, 0x4000C, 0x40010, 0x40028, 0x4002C, 0x40064)
        }
        self.timer, self.pins, self.slices = rp2040.timer, rp2040.gpio, rp2040.pwm.slices
        self.found = True

    cdef int read(self, unsigned int address, unsigned int* into) except -1:
        """The clocks that reading a word takes, or 0 with nothing done for what is not known."""
        cdef unsigned int lock
        cdef DmaChannel channel
        if not self.found or address & 3:
            return 0
        if address - 0x50200000U < 0x128:
            return pio_read(self.pio0, address & 0xFFF, self.exec_pc, into)
        if address - 0x50300000U < 0x128:
            return pio_read(self.pio1, address & 0xFFF, self.exec_pc + 4, into)
        if address - 0x50000000U < 0x300:
            channel = <DmaChannel>self.channels[address >> 6 & 15]
            return dma_read(channel, DMA_REGISTERS[address >> 2 & 15], into)
        if address == 0x5000040CU:
            into[0] = (self.dma.int_raw & self.dma._int_enable0) | self.dma._int_force0
            return AHB_CLOCKS
        if address >> 28 == 4:
            return self.read_apb(address, into)
        if address - 0xD0000100U < 0x80:
            lock = 1U << (address >> 2 & 31)
            into[0] = 0 if self.sio.spin_lock & lock else lock
            self.sio.spin_lock |= lock
            return SIO_CLOCKS
        return 0

    cdef int read_apb(self, unsigned int address, unsigned int* into) except -1:
        cdef unsigned int offset = address & 0xFFF
        if address - 0x40014000U < 0xF0 and address & 4:
            into[0] = (<GPIOPin>self.pins[offset >> 3]).ctrl
        elif address - 0x4001C004U < 0x78:
            into[0] = (<GPIOPin>self.pins[(offset - 4) >> 2]).pad_value
        elif address == 0x40044034U or address == 0x40048034U:
            into[0] = (self.i2c0 if address == 0x40044034U else self.i2c1).int_raw
        elif address == 0x4004C000U:
            into[0] = self.adc.cs | (0x200 if self.adc.err else 0) | (0 if self.adc.busy else 0x100)
        elif address - 0x40050000U < 0xA0 and offset % 20 != 8:
            into[0] = self.slices[offset // 20].written[offset % 20]
        elif address == 0x40054020U:
            into[0] = 0
            for alarm in self.timer.alarms:
                if alarm.armed:
                    into[0] |= <unsigned int>alarm.bit_value
        else:
            block = self.plain.get(address >> 12)
            if block is None:
                return 0
            into[0] = <unsigned int>block.read_uint32(offset)
        return APB_CLOCKS

    cdef int clear_timer(self, unsigned int value) except -1:
        """INTR of the timer, where it raises no interrupt anew."""
        cdef unsigned int raw = self.timer._int_raw & ~value
        cdef unsigned int status = raw & <unsigned int>self.timer._int_enable
        status |= <unsigned int>self.timer._int_force
        if status & ~self.core.pending_interrupts:
            return 0
        self.timer._int_raw, self.timer.raw_write_value = raw, value
        self.core.pending_interrupts &= ~<unsigned int>TIMER_INTERRUPTS
        self.core.pending_interrupts |= status
        return APB_WRITE_CLOCKS

    cdef int write(self, unsigned int address, unsigned int value) except -1:
        if not self.found or address & 3:
            return 0
        if address - 0x50200048U < 0x80:
            return has_instruction(self.pio0, address - 0x50200048U >> 2, value)
        if address - 0x50300048U < 0x80:
            return has_instruction(self.pio1, address - 0x50300048U >> 2, value)
        if address - 0xD0000100U < 0x80:
            self.sio.spin_lock &= ~(1U << (address >> 2 & 31))
            return SIO_CLOCKS
        if address == 0x40054034U:
            return self.clear_timer(value)
        return 0


cdef int has_instruction(RPPIO pio, int place, unsigned int value) except -1:
    """Firmware writes its PIO programs again and again, in case a bit of them has flipped: nearly
    always nothing changes.
    """
    if <unsigned int>pio.instructions[place] != value & 0xFFFF:
        return 0
    pio.raw_write_value = value
    return AHB_CLOCKS


cdef int pio_read(RPPIO pio, unsigned int offset, int* exec_pc, unsigned int* into) except -1:
    """CTRL, FDEBUG, IRQ, how the state machines are set up and where they are.

    A jump to itself that is being stepped over is at its own address all the while.
    """
    cdef unsigned int register = (offset - 0xC8) % 24
    cdef StateMachine machine
    if offset == 0:
        into[0] = 0
        for machine in pio.machines:
            into[0] |= <unsigned int>machine.enabled << machine.index
        return AHB_CLOCKS
    if offset == 8 or offset == 0x30:
        into[0] = pio.fdebug if offset == 8 else pio.irq
        return AHB_CLOCKS
    if offset < 0xC8:
        return 0
    machine = <StateMachine>pio.machines[(offset - 0xC8) // 24]
    if register == 0:
        into[0] = machine.clock_div_int << 16 | machine.clock_div_frac << 8
    elif register == 4:
        into[0] = machine.exec_ctrl
    elif register == 8:
        into[0] = machine.shift_ctrl
    elif register == 12 and exec_pc[machine.index] < 0:
        into[0] = machine.pc
    elif register == 20:
        into[0] = machine.pin_ctrl
    else:
        return 0
    return AHB_CLOCKS


cdef int dma_read(DmaChannel channel, int register, unsigned int* into) except -1:
    cdef long long value = channel.register(register)
    if value < 0 or value > 0xFFFFFFFF:
        return 0
    into[0] = <unsigned int>value
    return AHB_CLOCKS
