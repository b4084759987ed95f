# Part of _exact.pyx: what the Thumb core in C reaches without the emulator: memory, the divider of SIO, the timer's count.

cdef struct Divider:
    unsigned int dividend
    unsigned int divisor
    unsigned int quotient
    unsigned int remainder
    unsigned int status


cdef struct Memory:
    unsigned int* registers
    unsigned int* rom
    unsigned char* flash
    unsigned char* ram
    unsigned int flash_bytes
    unsigned int ram_bytes
    Divider divider
    long long now  # clock at which the last instruction began
    double timer_epoch_ns


cdef inline unsigned char* readable(Memory* m, unsigned int address, unsigned int size) noexcept nogil:
    """Where an aligned read goes, or NULL for what is not plain memory."""
    if address & (size - 1):
        return NULL
    if address - 0x20000000U < m.ram_bytes:
        return m.ram + (address - 0x20000000U)
    if address - 0x10000000U < m.flash_bytes:
        return m.flash + (address - 0x10000000U)
    if address < 0x4000:
        return <unsigned char*>m.rom + address
    return NULL


cdef inline unsigned char* writable(Memory* m, unsigned int address, unsigned int size) noexcept nogil:
    if address & (size - 1) or address - 0x20000000U >= m.ram_bytes:
        return NULL
    return m.ram + (address - 0x20000000U)


cdef int device_read(Memory* m, unsigned int address, unsigned int* into, long long clock) noexcept:
    """What is no memory, but known here; the clocks it takes, or 0. SIO has no wait states."""
    if address & 3:
        return 0
    if address >> 28 == 0xD:
        return sio_read(&m.divider, address, into)
    if address == 0x40054028U or address == 0x40054024U:
        into[0] = timer_word(m, clock, address & 4)
        return 4
    return 0


cdef int device_write(Memory* m, unsigned int address, unsigned int value) noexcept:
    return address >> 28 == 0xD and sio_write(&m.divider, address, value)


cdef inline unsigned int timer_word(Memory* m, long long clock, unsigned int high) noexcept:
    """TIMERAWH or TIMERAWL: firmware that waits for the I2C bus reads little else."""
    cdef unsigned long long micros = <unsigned long long>((clock * CLOCK_NS - m.timer_epoch_ns) / 1000)
    return <unsigned int>(micros >> 32 if high else micros)


cdef inline bint sio_read(Divider* d, unsigned int address, unsigned int* into) noexcept nogil:
    """CPUID (core 0) and the divider (datasheet 2.3.1.5); everything else of SIO is for the emulator."""
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
    """An operand written starts a division, signed where the address says so; results can be written back."""
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
