# Part of _exact.pyx: what the Thumb core in C (_thumb.h) is told and asks, the divider of SIO, the
# timer's count.

cdef extern from "_thumb.h":
    enum:
        SILICON
    struct xip:
        unsigned int layout
        int miss_clocks
        int is_off
    void xip_flush(xip*)
    struct cpu:
        unsigned int* registers
        unsigned char* rom
        unsigned char* flash
        unsigned char* ram
        unsigned int flash_bytes
        unsigned int ram_bytes
        unsigned int n
        unsigned int z
        unsigned int c
        unsigned int v
        int primask
        int interrupts_updated
        long long now
        int (*read)(cpu*, unsigned int, unsigned int*, long long) except -1
        int (*write)(cpu*, unsigned int, unsigned int) except -1
        void* owner
        xip* xip
        int translates
        long long translated
        long long blocks
    int can_translate(cpu*)
    long long execute_thumb(cpu*, long long*, long long) except -1


cdef struct Divider:
    unsigned int dividend
    unsigned int divisor
    unsigned int quotient
    unsigned int remainder
    unsigned int status


cdef int read_device(
    cpu* asks, unsigned int address, unsigned int* into, long long clock
) except -1:
    """What is no memory, but known here; the clocks it takes, or 0. SIO has no wait states."""
    cdef Devices devices = <Devices>asks.owner
    if address & 3:
        return 0
    if address >> 28 == 0xD and sio_read(&devices.divider, address, into):
        return SIO_CLOCKS
    if address == 0x40054028U or address == 0x40054024U:
        into[0] = timer_word(devices.timer_epoch_ns, clock, address & 4)
        return APB_CLOCKS
    return devices.read(address, into)


cdef int write_device(cpu* asks, unsigned int address, unsigned int value) except -1:
    cdef Devices devices = <Devices>asks.owner
    if address & 3:
        return 0
    if address >> 28 == 0xD and sio_write(&devices.divider, address, value):
        return SIO_CLOCKS
    return devices.write(address, value)


cdef long long thumb(CortexM0Core core, cpu* one, long long* at_clock, long long until) except -1:
    """Run the core in C on the emulator's state: how many instructions it did, with one.now the
    clock of the last.
    """
    cdef long long executed
    one.n, one.z, one.c, one.v = <unsigned int>core.n << 31, not core.z, core.c, core.v
    one.primask, one.interrupts_updated = core.pm, False
    executed = execute_thumb(one, at_clock, until)
    if executed:
        core.n, core.z, core.c, core.v = one.n >> 31, one.z == 0, one.c, one.v
        core.pm = one.primask
        if one.interrupts_updated:
            core.interrupts_updated = True
    return executed


cdef inline bint may_interrupt(CortexM0Core core) noexcept:
    """False, and the question settled, when nothing is pending that could be taken."""
    if core.pending_nmi or core.pending_pend_sv or core.pending_svcall or core.pending_systick:
        return True
    if core.pending_interrupts & core.enabled_interrupts:
        return True
    core.interrupts_updated = False
    return False


cdef inline unsigned int timer_word(
    double epoch_ns, long long clock, unsigned int high
) noexcept nogil:
    """TIMERAWH or TIMERAWL: firmware that waits for the I2C bus reads little else."""
    cdef unsigned long long micros = <unsigned long long>((clock * CLOCK_NS - epoch_ns) / 1000)
    return <unsigned int>(micros >> 32 if high else micros)


cdef inline bint sio_read(Divider* d, unsigned int address, unsigned int* into) noexcept nogil:
    """CPUID (core 0) and the divider (datasheet 2.3.1.5); all else of SIO is for the emulator."""
    if address == 0xD0000000U:
        into[0] = 0
    elif address == 0xD0000060U or address == 0xD0000068U:
        into[0] = d.dividend
    elif address == 0xD0000064U or address == 0xD000006CU:
        into[0] = d.divisor
    elif address == 0xD0000070U:
        into[0] = d.quotient
        d.status = 1
    elif address == 0xD0000074U:
        into[0] = d.remainder
    elif address == 0xD0000078U:
        into[0] = d.status
    else:
        return False
    return True


cdef inline bint sio_write(Divider* d, unsigned int address, unsigned int value) noexcept nogil:
    """An operand written starts a division, signed where the address says so; results can be
    written back.
    """
    cdef long long dividend, divisor
    if address < 0xD0000060U or address > 0xD0000074U:
        return False
    d.status = 3
    if address == 0xD0000070U:
        d.quotient = value
        return True
    if address == 0xD0000074U:
        d.remainder = value
        return True
    if address & 4:
        d.divisor = value
    else:
        d.dividend = value
    dividend = <int>d.dividend if address & 8 else <long long>d.dividend
    divisor = <int>d.divisor if address & 8 else <long long>d.divisor
    if divisor == 0:
        d.quotient = 1 if dividend < 0 else 0xFFFFFFFFU
        d.remainder = d.dividend
    else:
        d.quotient = <unsigned int>(dividend // divisor)
        d.remainder = <unsigned int>(dividend % divisor)
    return True
