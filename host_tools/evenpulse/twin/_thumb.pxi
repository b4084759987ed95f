# Part of _exact.pyx: one Thumb instruction in plain C, for what stays inside registers, RAM, flash and ROM.
#
# The emulator's own core takes 400 ns an instruction (each bus access is a Python method look-up), this one
# about 7. What it does not know (peripherals, exceptions, system registers, sleep) it leaves untouched and
# returns 0; the emulator's core does that. Effects are those of the ARMv6-M manual, clock counts those of the
# emulator's core.

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
    long long now  # clocks
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


cdef inline void set_nz(CortexM0Core core, unsigned int result) noexcept:
    core.n = result >> 31
    core.z = result == 0


cdef inline unsigned int add_with_carry(
    CortexM0Core core, unsigned int a, unsigned int b, unsigned int carry
) noexcept:
    """AddWithCarry() of the manual: sum and all four flags."""
    cdef unsigned long long wide = <unsigned long long>a + b + carry
    cdef unsigned int result = <unsigned int>wide
    set_nz(core, result)
    core.c = (wide >> 32) != 0
    core.v = (~(a ^ b) & (a ^ result)) >> 31
    return result


cdef inline bint condition_holds(CortexM0Core core, unsigned int condition) noexcept:
    cdef bint result
    cdef unsigned int base = condition >> 1
    if base == 0:
        result = core.z
    elif base == 1:
        result = core.c
    elif base == 2:
        result = core.n
    elif base == 3:
        result = core.v
    elif base == 4:
        result = core.c and not core.z
    elif base == 5:
        result = core.n == core.v
    else:
        result = core.n == core.v and not core.z
    return result != (condition & 1)


cdef inline bint may_interrupt(CortexM0Core core) noexcept:
    """False, and the question settled, when nothing is pending that could be taken."""
    if core.pending_nmi or core.pending_pend_sv or core.pending_svcall or core.pending_systick:
        return True
    if core.pending_interrupts & core.enabled_interrupts:
        return True
    core.interrupts_updated = False
    return False


cdef int thumb(CortexM0Core core, Memory* m) noexcept:
    """Execute the instruction at PC and return its clocks, or 0 with nothing changed."""
    cdef unsigned int* r = m.registers
    cdef unsigned int pc = r[15] & 0xFFFFFFFEU
    cdef unsigned char* at = readable(m, pc, 2)
    cdef unsigned int op, top
    if at == NULL:
        return 0
    op = (<unsigned short*>at)[0]
    top = op >> 12
    if top <= 1:
        shift_add_immediate(core, r, op)
    elif top <= 3:
        immediate8(core, r, op)
    elif top == 4:
        if op & 0x800:
            return load_literal(m, op, pc)
        if op & 0x400:
            return high_register(core, r, op, pc)
        data_processing(core, r, op)
    elif top <= 9:
        return load_store(m, op, pc)
    elif top == 10:
        r[op >> 8 & 7] = (r[13] if op & 0x800 else ((pc + 4) & 0xFFFFFFFCU)) + ((op & 0xFF) << 2)
    elif top == 11:
        return miscellaneous(core, m, op, pc)
    elif top == 12:
        return multiple(m, op, pc)
    elif top == 13:
        return branch_if(core, r, op, pc)
    elif top == 14:
        if op & 0x800:
            return 0
        r[15] = pc + 4 + <unsigned int>(<int>(op << 21) >> 20)
        return 2
    else:
        return branch_link(core, m, op, pc)
    r[15] = pc + 2
    return 1


cdef inline void shift_add_immediate(CortexM0Core core, unsigned int* r, unsigned int op) noexcept:
    cdef unsigned int kind = op >> 11 & 3, amount = op >> 6 & 31, value = r[op >> 3 & 7], result, b
    if kind == 3:
        b = amount & 7
        if not op & 0x400:
            b = r[b]
        result = add_with_carry(core, value, ~b, 1) if op & 0x200 else add_with_carry(core, value, b, 0)
    else:
        if kind == 0:
            result = value << amount
            if amount:
                core.c = value >> (32 - amount) & 1
        elif kind == 1:
            result = value >> amount if amount else 0
            core.c = value >> (amount - 1 & 31) & 1
        else:
            result = <unsigned int>(<int>value >> (amount if amount else 31))
            core.c = value >> (amount - 1 & 31) & 1
        set_nz(core, result)
    r[op & 7] = result


cdef inline void immediate8(CortexM0Core core, unsigned int* r, unsigned int op) noexcept:
    cdef unsigned int kind = op >> 11 & 3, d = op >> 8 & 7, value = op & 0xFF
    if kind == 0:
        r[d] = value
        set_nz(core, value)
    elif kind == 1:
        add_with_carry(core, r[d], ~value, 1)
    elif kind == 2:
        r[d] = add_with_carry(core, r[d], value, 0)
    else:
        r[d] = add_with_carry(core, r[d], ~value, 1)


cdef void data_processing(CortexM0Core core, unsigned int* r, unsigned int op) noexcept:
    cdef unsigned int kind = op >> 6 & 15, d = op & 7, a = r[d], b = r[op >> 3 & 7], result, amount = b & 0xFF
    if kind == 5:
        r[d] = add_with_carry(core, a, b, core.c)
        return
    if kind == 6:
        r[d] = add_with_carry(core, a, ~b, core.c)
        return
    if kind == 9:
        r[d] = add_with_carry(core, ~b, 0, 1)
        return
    if kind == 10:
        add_with_carry(core, a, ~b, 1)
        return
    if kind == 11:
        add_with_carry(core, a, b, 0)
        return
    if kind == 0 or kind == 8:
        result = a & b
    elif kind == 1:
        result = a ^ b
    elif kind == 2:
        result = a << amount if amount < 32 else 0
        if amount:
            core.c = a >> (32 - amount) & 1 if amount <= 32 else 0
    elif kind == 3:
        result = a >> amount if amount < 32 else 0
        if amount:
            core.c = a >> (amount - 1) & 1 if amount <= 32 else 0
    elif kind == 4:
        result = <unsigned int>(<int>a >> (amount if amount < 32 else 31))
        if amount:
            core.c = a >> (amount - 1 if amount <= 32 else 31) & 1
    elif kind == 7:
        result = a >> (amount & 31) | a << (32 - amount & 31)
        if amount:
            core.c = result >> 31
    elif kind == 12:
        result = a | b
    elif kind == 13:
        result = a * b
    elif kind == 14:
        result = a & ~b
    else:
        result = ~b
    if kind != 8:
        r[d] = result
    set_nz(core, result)


cdef inline int high_register(CortexM0Core core, unsigned int* r, unsigned int op, unsigned int pc) noexcept:
    """ADD, CMP, MOV with high registers; BX and BLX."""
    cdef unsigned int kind = op >> 8 & 3, n = op >> 3 & 15, d = op >> 4 & 8 | op & 7
    cdef unsigned int value = pc + 4 if n == 15 else r[n]
    if kind == 3:
        if op & 7 or value >> 28 == 15:
            return 0
        if op & 0x80:
            r[14] = pc + 2 | 1
        r[15] = value & 0xFFFFFFFEU
        return 2
    if kind == 1:
        add_with_carry(core, pc + 4 if d == 15 else r[d], ~value, 1)
        r[15] = pc + 2
        return 1
    if kind == 0:
        value += pc + 4 if d == 15 else r[d]
    if d == 15:
        r[15] = value & 0xFFFFFFFEU
        return 2
    r[d] = value & 0xFFFFFFFCU if d == 13 else value
    r[15] = pc + 2
    return 1


cdef inline int load_literal(Memory* m, unsigned int op, unsigned int pc) noexcept:
    cdef unsigned char* at = readable(m, (pc + 4 & 0xFFFFFFFCU) + ((op & 0xFF) << 2), 4)
    if at == NULL:
        return 0
    m.registers[op >> 8 & 7] = (<unsigned int*>at)[0]
    m.registers[15] = pc + 2
    return 2


cdef inline int load_store(Memory* m, unsigned int op, unsigned int pc) noexcept:
    """Single loads and stores, by register, immediate or SP."""
    cdef unsigned int* r = m.registers
    cdef unsigned int top = op >> 12, t = op & 7, address = r[op >> 3 & 7], kind
    # kinds: 0 word, 1 half, 2 byte stored; 3 signed byte, 4 word, 5 half, 6 byte, 7 signed half loaded
    if top == 5:
        kind = op >> 9 & 7
        address += r[op >> 6 & 7]
    elif top == 9:
        kind = 4 if op & 0x800 else 0
        t = op >> 8 & 7
        address = r[13] + ((op & 0xFF) << 2)
    elif top == 6:
        kind = 4 if op & 0x800 else 0
        address += (op >> 6 & 31) << 2
    elif top == 7:
        kind = 6 if op & 0x800 else 2
        address += op >> 6 & 31
    else:
        kind = 5 if op & 0x800 else 1
        address += (op >> 6 & 31) << 1
    if address >= 0xD0000000U and address < 0xE0000000U:  # SIO has no wait states
        if not (
            kind == 0 and sio_write(&m.divider, address, r[t])
            or kind == 4 and sio_read(&m.divider, address, &r[t])
        ):
            return 0
        r[15] = pc + 2
        return 1
    if kind == 4 and (address == 0x40054028U or address == 0x40054024U):
        r[t] = timer_word(m, address & 4)
        r[15] = pc + 2
        return 4
    if not (store(m, kind, address, r[t]) if kind < 3 else load(m, kind, address, &r[t])):
        return 0
    r[15] = pc + 2
    return 2


cdef inline unsigned int timer_word(Memory* m, unsigned int high) noexcept:
    """TIMERAWH or TIMERAWL: firmware that waits for the I2C bus reads little else."""
    cdef unsigned long long micros = <unsigned long long>((m.now * CLOCK_NS - m.timer_epoch_ns) / 1000)
    return <unsigned int>(micros >> 32 if high else micros)


cdef inline bint store(Memory* m, unsigned int kind, unsigned int address, unsigned int value) noexcept:
    cdef unsigned char* at = writable(m, address, 4 >> kind)
    if at == NULL:
        return False
    if kind == 0:
        (<unsigned int*>at)[0] = value
    elif kind == 1:
        (<unsigned short*>at)[0] = <unsigned short>value
    else:
        at[0] = <unsigned char>value
    return True


cdef inline bint load(Memory* m, unsigned int kind, unsigned int address, unsigned int* into) noexcept:
    cdef unsigned char* at = readable(m, address, 4 if kind == 4 else (2 if kind & 1 and kind != 3 else 1))
    if at == NULL:
        return False
    if kind == 4:
        into[0] = (<unsigned int*>at)[0]
    elif kind == 5:
        into[0] = (<unsigned short*>at)[0]
    elif kind == 6:
        into[0] = at[0]
    elif kind == 3:
        into[0] = <unsigned int><int>(<signed char*>at)[0]
    else:
        into[0] = <unsigned int><int>(<short*>at)[0]
    return True


cdef int miscellaneous(CortexM0Core core, Memory* m, unsigned int op, unsigned int pc) noexcept:
    """SP arithmetic, extension, byte order, PUSH and POP, NOP."""
    cdef unsigned int* r = m.registers
    cdef unsigned int value = r[op >> 3 & 7], kind = op >> 8 & 15
    if kind == 0:
        value = (op & 0x7F) << 2
        r[13] = (r[13] - value if op & 0x80 else r[13] + value) & 0xFFFFFFFCU
    elif kind == 2:
        if op & 0xC0 == 0:
            r[op & 7] = <unsigned int><int><short>value
        elif op & 0xC0 == 0x40:
            r[op & 7] = <unsigned int><int><signed char>value
        elif op & 0xC0 == 0x80:
            r[op & 7] = value & 0xFFFF
        else:
            r[op & 7] = value & 0xFF
    elif kind == 4 or kind == 5:
        return push(m, op, pc)
    elif kind == 12 or kind == 13:
        return pop(core, m, op, pc)
    elif kind == 10 and op & 0xC0 == 0:
        r[op & 7] = value << 24 | (value & 0xFF00) << 8 | value >> 8 & 0xFF00 | value >> 24
    elif kind == 10 and op & 0xC0 == 0x40:
        r[op & 7] = (value & 0x00FF00FFU) << 8 | value >> 8 & 0x00FF00FFU
    elif op == 0xB672:
        core.pm = True
    elif op == 0xB662:
        core.pm = False
        core.interrupts_updated = True
    elif op != 0xBF00:
        return 0
    r[15] = pc + 2
    return 1


cdef inline unsigned int bits_of(unsigned int value) noexcept:
    cdef unsigned int count = 0
    while value:
        value &= value - 1
        count += 1
    return count


cdef inline int push(Memory* m, unsigned int op, unsigned int pc) noexcept:
    cdef unsigned int* r = m.registers
    cdef unsigned int count = bits_of(op & 0x1FF), i
    cdef unsigned int address = r[13] - 4 * count
    cdef unsigned int* at = <unsigned int*>writable(m, address, 4)
    if at == NULL or (count and writable(m, r[13] - 4, 4) == NULL):
        return 0
    for i in range(8):
        if op >> i & 1:
            at[0] = r[i]
            at += 1
    if op & 0x100:
        at[0] = r[14]
    r[13] = address
    r[15] = pc + 2
    return 1 + bits_of(op & 0xFF)


cdef inline int pop(CortexM0Core core, Memory* m, unsigned int op, unsigned int pc) noexcept:
    cdef unsigned int* r = m.registers
    cdef unsigned int count = bits_of(op & 0x1FF), i
    cdef unsigned int* at = <unsigned int*>readable(m, r[13], 4)
    if at == NULL or (count and readable(m, r[13] + 4 * (count - 1), 4) == NULL):
        return 0
    if op & 0x100 and at[count - 1] >> 28 == 15:
        return 0  # an exception return
    for i in range(8):
        if op >> i & 1:
            r[i] = at[0]
            at += 1
    r[13] += 4 * count
    if not op & 0x100:
        r[15] = pc + 2
        return 1 + count
    r[15] = at[0] & 0xFFFFFFFEU
    return 2 + count


cdef inline int multiple(Memory* m, unsigned int op, unsigned int pc) noexcept:
    """LDM and STM."""
    cdef unsigned int* r = m.registers
    cdef unsigned int n = op >> 8 & 7, count = bits_of(op & 0xFF), address = r[n], i
    cdef unsigned int* at
    if count == 0:
        return 0
    if address >= 0xD0000000U and address < 0xE0000000U:
        return sio_multiple(m, op, pc, count)
    if op & 0x800:
        at = <unsigned int*>readable(m, address, 4)
        if at == NULL or readable(m, address + 4 * (count - 1), 4) == NULL:
            return 0
    else:
        at = <unsigned int*>writable(m, address, 4)
        if at == NULL or writable(m, address + 4 * (count - 1), 4) == NULL:
            return 0
    for i in range(8):
        if op >> i & 1:
            if op & 0x800:
                r[i] = at[0]
            else:
                at[0] = r[i]
            at += 1
    if not op & 0x800 or not op >> n & 1:
        r[n] = address + 4 * count
    r[15] = pc + 2
    return 1 + count


cdef int sio_multiple(Memory* m, unsigned int op, unsigned int pc, unsigned int count) noexcept:
    """LDM and STM on the divider, which firmware saves and restores that way."""
    cdef unsigned int* r = m.registers
    cdef unsigned int n = op >> 8 & 7, address = r[n], i
    if address < 0xD0000060U or address + 4 * count > 0xD000007CU:
        return 0
    for i in range(8):
        if op >> i & 1:
            if op & 0x800:
                sio_read(&m.divider, address, &r[i])
            else:
                sio_write(&m.divider, address, r[i])
            address += 4
    if not op & 0x800 or not op >> n & 1:
        r[n] = address
    r[15] = pc + 2
    return 1 + count


cdef inline bint sio_read(Divider* d, unsigned int address, unsigned int* into) noexcept:
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


cdef inline bint sio_write(Divider* d, unsigned int address, unsigned int value) noexcept:
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


cdef inline int branch_if(CortexM0Core core, unsigned int* r, unsigned int op, unsigned int pc) noexcept:
    cdef unsigned int condition = op >> 8 & 15
    if condition >= 14:
        return 0
    if not condition_holds(core, condition):
        r[15] = pc + 2
        return 1
    r[15] = pc + 4 + <unsigned int>(<int>(op << 24) >> 23)
    return 2


cdef inline int branch_link(CortexM0Core core, Memory* m, unsigned int op, unsigned int pc) noexcept:
    """BL, PRIMASK and the barriers."""
    cdef unsigned char* at = readable(m, pc + 2, 2)
    cdef unsigned int low, sign
    if op & 0x800 or at == NULL:
        return 0
    low = (<unsigned short*>at)[0]
    if low & 0xD000 != 0xD000:
        if op == 0xF3EF and low & 0xF0FF == 0x8010:
            m.registers[low >> 8 & 15] = core.pm
        elif op >> 4 == 0xF38 and low == 0x8810:
            core.pm = m.registers[op & 15] & 1
            core.interrupts_updated = True
        elif op != 0xF3BF:
            return 0
        m.registers[15] = pc + 4
        return 3
    sign = op >> 10 & 1
    m.registers[14] = pc + 4 | 1
    # I1 and I2 of the manual are the inverted difference of J1, J2 and the sign.
    m.registers[15] = pc + 4 + (
        0xFF000000U * sign
        | (1 ^ sign ^ low >> 13 & 1) << 23
        | (1 ^ sign ^ low >> 11 & 1) << 22
        | (op & 0x3FF) << 12
        | (low & 0x7FF) << 1
    )
    return 3
