# Part of _exact.pyx: Thumb instructions in plain C, for what stays inside registers, RAM, flash and ROM.
#
# The emulator's own core takes 400 ns an instruction (each bus access is a Python method look-up), this one
# a few. What it does not know (peripherals, exceptions, system registers, sleep) it leaves untouched, with all
# that came before it done; the emulator's core does that one. Effects are those of the ARMv6-M manual, clock
# counts those of the emulator's core. Which instruction a half-word is, is looked up in a table that _kinds.pxi
# fills once.

include "_kinds.pxi"
include "_memory.pxi"
include "_devices.pxi"


cdef struct Flags:
    # N is bit 31 of n, Z is z == 0: a result sets both by being kept.
    unsigned int n
    unsigned int z
    unsigned int c
    unsigned int v


cdef struct Code:
    # The stretch of memory that instructions come from.
    unsigned char* at
    unsigned int begin
    unsigned int size


cdef bint find_code(Memory* m, Code* code, unsigned int pc) noexcept nogil:
    if pc - 0x20000000U < m.ram_bytes:
        code.begin, code.size, code.at = 0x20000000U, m.ram_bytes, m.ram
    elif pc - 0x10000000U < m.flash_bytes:
        code.begin, code.size, code.at = 0x10000000U, m.flash_bytes, m.flash
    elif pc < 0x4000:
        code.begin, code.size, code.at = 0, 0x4000, <unsigned char*>m.rom
    else:
        return False
    return True


cdef inline unsigned int add_with_carry(Flags* f, unsigned int a, unsigned int b, unsigned int carry) noexcept nogil:
    """AddWithCarry() of the manual: sum and all four flags."""
    cdef unsigned long long wide = <unsigned long long>a + b + carry
    cdef unsigned int result = <unsigned int>wide
    f.n = f.z = result
    f.c = <unsigned int>(wide >> 32)
    f.v = (~(a ^ b) & (a ^ result)) >> 31
    return result


cdef inline unsigned int with_nz(Flags* f, unsigned int result) noexcept nogil:
    f.n = f.z = result
    return result


cdef inline bint may_interrupt(CortexM0Core core) noexcept:
    """False, and the question settled, when nothing is pending that could be taken."""
    if core.pending_nmi or core.pending_pend_sv or core.pending_svcall or core.pending_systick:
        return True
    if core.pending_interrupts & core.enabled_interrupts:
        return True
    core.interrupts_updated = False
    return False


cdef long long thumb(CortexM0Core core, Memory* m, Devices devices, long long* at_clock, long long until) except -1:
    """Execute instructions that begin before clock `until`, from at_clock[0] on, which then says where the next begins; returns
    how many, with m.now the clock of the last.
    """
    cdef unsigned int* r = m.registers
    cdef unsigned int pc = r[15] & 0xFFFFFFFEU, next_pc, op, kind, d, a, b, address
    cdef long long clock = at_clock[0], executed = 0
    cdef int spent
    cdef Flags f
    cdef Code code
    f.n, f.z, f.c, f.v = <unsigned int>core.n << 31, not core.z, core.c, core.v
    code.at, code.begin, code.size = NULL, 0, 0
    while clock < until:
        if pc - code.begin >= code.size and not find_code(m, &code, pc):
            break
        op = (<unsigned short*>(code.at + (pc - code.begin)))[0]
        kind = KINDS[op >> 6]
        next_pc = pc + 2
        spent = 1
        d = op & 7
        a = r[op >> 3 & 7]
        if kind == LSL_IMMEDIATE:
            b = op >> 6 & 31
            if b:
                f.c = a >> (32 - b) & 1
            r[d] = with_nz(&f, a << b)
        elif kind == LSR_IMMEDIATE:
            b = op >> 6 & 31
            f.c = a >> (b - 1 & 31) & 1
            r[d] = with_nz(&f, a >> b if b else 0)
        elif kind == ASR_IMMEDIATE:
            b = op >> 6 & 31
            f.c = a >> (b - 1 & 31) & 1
            r[d] = with_nz(&f, <unsigned int>(<int>a >> (b if b else 31)))
        elif kind == ADD_REGISTER:
            r[d] = add_with_carry(&f, a, r[op >> 6 & 7], 0)
        elif kind == SUB_REGISTER:
            r[d] = add_with_carry(&f, a, ~r[op >> 6 & 7], 1)
        elif kind == ADD_3:
            r[d] = add_with_carry(&f, a, op >> 6 & 7, 0)
        elif kind == SUB_3:
            r[d] = add_with_carry(&f, a, ~(op >> 6 & 7), 1)
        elif kind == MOV_8:
            r[op >> 8 & 7] = with_nz(&f, op & 0xFF)
        elif kind == CMP_8:
            add_with_carry(&f, r[op >> 8 & 7], ~(op & 0xFF), 1)
        elif kind == ADD_8:
            r[op >> 8 & 7] = add_with_carry(&f, r[op >> 8 & 7], op & 0xFF, 0)
        elif kind == SUB_8:
            r[op >> 8 & 7] = add_with_carry(&f, r[op >> 8 & 7], ~(op & 0xFF), 1)
        elif kind == AND:
            r[d] = with_nz(&f, r[d] & a)
        elif kind == EOR:
            r[d] = with_nz(&f, r[d] ^ a)
        elif kind == LSL:
            r[d] = shifted(&f, LSL, r[d], a & 0xFF)
        elif kind == LSR:
            r[d] = shifted(&f, LSR, r[d], a & 0xFF)
        elif kind == ASR:
            r[d] = shifted(&f, ASR, r[d], a & 0xFF)
        elif kind == ROR:
            r[d] = shifted(&f, ROR, r[d], a & 0xFF)
        elif kind == ADC:
            r[d] = add_with_carry(&f, r[d], a, f.c)
        elif kind == SBC:
            r[d] = add_with_carry(&f, r[d], ~a, f.c)
        elif kind == TST:
            with_nz(&f, r[d] & a)
        elif kind == NEG:
            r[d] = add_with_carry(&f, ~a, 0, 1)
        elif kind == CMP:
            add_with_carry(&f, r[d], ~a, 1)
        elif kind == CMN:
            add_with_carry(&f, r[d], a, 0)
        elif kind == ORR:
            r[d] = with_nz(&f, r[d] | a)
        elif kind == MUL:
            r[d] = with_nz(&f, r[d] * a)
        elif kind == BIC:
            r[d] = with_nz(&f, r[d] & ~a)
        elif kind == MVN:
            r[d] = with_nz(&f, ~a)
        elif kind == MOV_HIGH:
            d |= op >> 4 & 8
            b = op >> 3 & 15
            b = pc + 4 if b == 15 else r[b]
            if d == 15:
                next_pc, spent = b & 0xFFFFFFFEU, 2
            else:
                r[d] = b & 0xFFFFFFFCU if d == 13 else b
        elif kind == ADD_HIGH:
            d |= op >> 4 & 8
            b = op >> 3 & 15
            b = pc + 4 if b == 15 else r[b]
            if d == 15:
                next_pc, spent = pc + 4 + b & 0xFFFFFFFEU, 2
            else:
                r[d] = r[d] + b & 0xFFFFFFFCU if d == 13 else r[d] + b
        elif kind == CMP_HIGH:
            d |= op >> 4 & 8
            b = op >> 3 & 15
            add_with_carry(&f, pc + 4 if d == 15 else r[d], ~(pc + 4 if b == 15 else r[b]), 1)
        elif kind == BX:
            b = op >> 3 & 15
            b = pc + 4 if b == 15 else r[b]
            if op & 7 or b >> 28 == 15:
                break
            next_pc, spent = b & 0xFFFFFFFEU, 2
        elif kind == BLX:
            b = op >> 3 & 15
            b = pc + 4 if b == 15 else r[b]
            if op & 7 or b >> 28 == 15:
                break
            r[14] = pc + 2 | 1
            next_pc, spent = b & 0xFFFFFFFEU, 2
        elif kind == LDR_LITERAL:
            address = (pc + 4 & 0xFFFFFFFCU) + ((op & 0xFF) << 2)
            if address - code.begin >= code.size:
                break
            r[op >> 8 & 7] = (<unsigned int*>(code.at + (address - code.begin)))[0]
            spent = 2
        elif kind == LDR_IMMEDIATE:
            spent = load_word(m, devices, a + (op >> 4 & 0x7C), &r[d], clock)
            if not spent:
                break
        elif kind == LDR_REGISTER:
            spent = load_word(m, devices, a + r[op >> 6 & 7], &r[d], clock)
            if not spent:
                break
        elif kind == LDR_SP:
            spent = load_word(m, devices, r[13] + ((op & 0xFF) << 2), &r[op >> 8 & 7], clock)
            if not spent:
                break
        elif kind == LDRB_IMMEDIATE:
            spent = load_byte(m, a + (op >> 6 & 31), &r[d])
            if not spent:
                break
        elif kind == LDRB_REGISTER:
            spent = load_byte(m, a + r[op >> 6 & 7], &r[d])
            if not spent:
                break
        elif kind == LDRH_IMMEDIATE:
            spent = load_half(m, a + (op >> 5 & 0x3E), &r[d])
            if not spent:
                break
        elif kind == LDRH_REGISTER:
            spent = load_half(m, a + r[op >> 6 & 7], &r[d])
            if not spent:
                break
        elif kind == LDRSB:
            spent = load_byte(m, a + r[op >> 6 & 7], &b)
            if not spent:
                break
            r[d] = <unsigned int><int><signed char>b
        elif kind == LDRSH:
            spent = load_half(m, a + r[op >> 6 & 7], &b)
            if not spent:
                break
            r[d] = <unsigned int><int><short>b
        elif kind == STR_IMMEDIATE:
            spent = store_word(m, devices, a + (op >> 4 & 0x7C), r[d])
            if not spent:
                break
        elif kind == STR_REGISTER:
            spent = store_word(m, devices, a + r[op >> 6 & 7], r[d])
            if not spent:
                break
        elif kind == STR_SP:
            spent = store_word(m, devices, r[13] + ((op & 0xFF) << 2), r[op >> 8 & 7])
            if not spent:
                break
        elif kind == STRB_IMMEDIATE:
            spent = store_byte(m, a + (op >> 6 & 31), r[d])
            if not spent:
                break
        elif kind == STRB_REGISTER:
            spent = store_byte(m, a + r[op >> 6 & 7], r[d])
            if not spent:
                break
        elif kind == STRH_IMMEDIATE:
            spent = store_half(m, a + (op >> 5 & 0x3E), r[d])
            if not spent:
                break
        elif kind == STRH_REGISTER:
            spent = store_half(m, a + r[op >> 6 & 7], r[d])
            if not spent:
                break
        elif kind == ADR:
            r[op >> 8 & 7] = (pc + 4 & 0xFFFFFFFCU) + ((op & 0xFF) << 2)
        elif kind == ADD_SP:
            r[op >> 8 & 7] = r[13] + ((op & 0xFF) << 2)
        elif kind == SP_UP:
            r[13] = r[13] + ((op & 0x7F) << 2) & 0xFFFFFFFCU
        elif kind == SP_DOWN:
            r[13] = r[13] - ((op & 0x7F) << 2) & 0xFFFFFFFCU
        elif kind == SXTH:
            r[d] = <unsigned int><int><short>a
        elif kind == SXTB:
            r[d] = <unsigned int><int><signed char>a
        elif kind == UXTH:
            r[d] = a & 0xFFFF
        elif kind == UXTB:
            r[d] = a & 0xFF
        elif kind == REV:
            r[d] = a << 24 | (a & 0xFF00) << 8 | a >> 8 & 0xFF00 | a >> 24
        elif kind == REV16:
            r[d] = (a & 0x00FF00FFU) << 8 | a >> 8 & 0x00FF00FFU
        elif kind == PUSH:
            spent = push(m, op)
            if not spent:
                break
        elif kind == POP:
            spent = pop(m, op, &next_pc)
            if not spent:
                break
        elif kind == MULTIPLE:
            spent = multiple(m, op)
            if not spent:
                break
        elif kind == B_EQ:
            if f.z == 0:
                next_pc, spent = near(op, pc), 2
        elif kind == B_NE:
            if f.z != 0:
                next_pc, spent = near(op, pc), 2
        elif kind == B_CS:
            if f.c:
                next_pc, spent = near(op, pc), 2
        elif kind == B_CC:
            if not f.c:
                next_pc, spent = near(op, pc), 2
        elif kind == B_MI:
            if f.n >> 31:
                next_pc, spent = near(op, pc), 2
        elif kind == B_PL:
            if not f.n >> 31:
                next_pc, spent = near(op, pc), 2
        elif kind == B_VS:
            if f.v:
                next_pc, spent = near(op, pc), 2
        elif kind == B_VC:
            if not f.v:
                next_pc, spent = near(op, pc), 2
        elif kind == B_HI:
            if f.c and f.z != 0:
                next_pc, spent = near(op, pc), 2
        elif kind == B_LS:
            if not f.c or f.z == 0:
                next_pc, spent = near(op, pc), 2
        elif kind == B_GE:
            if f.n >> 31 == f.v:
                next_pc, spent = near(op, pc), 2
        elif kind == B_LT:
            if f.n >> 31 != f.v:
                next_pc, spent = near(op, pc), 2
        elif kind == B_GT:
            if f.n >> 31 == f.v and f.z != 0:
                next_pc, spent = near(op, pc), 2
        elif kind == B_LE:
            if f.n >> 31 != f.v or f.z == 0:
                next_pc, spent = near(op, pc), 2
        elif kind == BRANCH:
            next_pc = pc + 4 + <unsigned int>(<int>(op << 21) >> 20)
            spent = 2
        elif kind == BRANCH_LINK:
            if pc + 2 - code.begin >= code.size:
                break
            spent = wide(core, r, op, (<unsigned short*>(code.at + (pc + 2 - code.begin)))[0], pc, &next_pc)
            if not spent:
                break
            if core.interrupts_updated:
                until = 0
        elif kind == CPS:
            if op == 0xB672:
                core.pm = True
            elif op == 0xB662:
                core.pm = False
                core.interrupts_updated = True
                until = 0
            else:
                break
        elif kind == HINT:
            if op != 0xBF00:
                break
        else:
            break
        m.now = clock
        clock += spent
        pc = next_pc
        executed += 1
    if executed:
        r[15] = pc
        core.n, core.z, core.c, core.v = f.n >> 31, f.z == 0, f.c, f.v
        at_clock[0] = clock
    return executed


cdef inline int load_word(Memory* m, Devices devices, unsigned int address, unsigned int* into, long long clock) except -1:
    """The clocks that it takes, or 0 with nothing done: so with all of these."""
    cdef unsigned char* cell = readable(m, address, 4)
    cdef int spent
    if cell != NULL:
        into[0] = (<unsigned int*>cell)[0]
        return 2
    spent = device_read(m, address, into, clock)
    return spent if spent else devices.read(address, into)


cdef inline int load_half(Memory* m, unsigned int address, unsigned int* into) noexcept nogil:
    cdef unsigned char* cell = readable(m, address, 2)
    if cell == NULL:
        return 0
    into[0] = (<unsigned short*>cell)[0]
    return 2


cdef inline int load_byte(Memory* m, unsigned int address, unsigned int* into) noexcept nogil:
    cdef unsigned char* cell = readable(m, address, 1)
    if cell == NULL:
        return 0
    into[0] = cell[0]
    return 2


cdef inline int store_word(Memory* m, Devices devices, unsigned int address, unsigned int value) except -1:
    cdef unsigned char* cell = writable(m, address, 4)
    cdef int spent
    if cell != NULL:
        (<unsigned int*>cell)[0] = value
        return 2
    spent = device_write(m, address, value)
    return spent if spent else devices.write(address, value)


cdef inline int store_half(Memory* m, unsigned int address, unsigned int value) noexcept nogil:
    cdef unsigned char* cell = writable(m, address, 2)
    if cell == NULL:
        return 0
    (<unsigned short*>cell)[0] = <unsigned short>value
    return 2


cdef inline int store_byte(Memory* m, unsigned int address, unsigned int value) noexcept nogil:
    cdef unsigned char* cell = writable(m, address, 1)
    if cell == NULL:
        return 0
    cell[0] = <unsigned char>value
    return 2


cdef inline unsigned int near(unsigned int op, unsigned int pc) noexcept nogil:
    """Where a conditional branch goes."""
    return pc + 4 + <unsigned int>(<int>(op << 24) >> 23)


cdef inline unsigned int shifted(Flags* f, unsigned int kind, unsigned int a, unsigned int amount) noexcept nogil:
    """A shift by a register: by 0 it leaves the carry alone, by more than 31 it is as good as endless."""
    cdef unsigned int result
    if kind == LSL:
        result = a << amount if amount < 32 else 0
        if amount:
            f.c = a >> (32 - amount) & 1 if amount <= 32 else 0
    elif kind == LSR:
        result = a >> amount if amount < 32 else 0
        if amount:
            f.c = a >> (amount - 1) & 1 if amount <= 32 else 0
    elif kind == ASR:
        result = <unsigned int>(<int>a >> (amount if amount < 32 else 31))
        if amount:
            f.c = a >> (amount - 1 if amount <= 32 else 31) & 1
    else:
        result = a >> (amount & 31) | a << (32 - amount & 31)
        if amount:
            f.c = result >> 31
    return with_nz(f, result)


cdef inline unsigned int bits_of(unsigned int value) noexcept nogil:
    cdef unsigned int count = 0
    while value:
        value &= value - 1
        count += 1
    return count


cdef int push(Memory* m, unsigned int op) noexcept nogil:
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
    return 1 + bits_of(op & 0xFF)


cdef int pop(Memory* m, unsigned int op, unsigned int* next_pc) noexcept nogil:
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
        return 1 + count
    next_pc[0] = at[0] & 0xFFFFFFFEU
    return 2 + count


cdef int multiple(Memory* m, unsigned int op) noexcept nogil:
    """LDM and STM."""
    cdef unsigned int* r = m.registers
    cdef unsigned int n = op >> 8 & 7, count = bits_of(op & 0xFF), address = r[n], i
    cdef unsigned int* at
    if count == 0:
        return 0
    if address >> 28 == 0xD:
        return sio_multiple(m, op, count)
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
    return 1 + count


cdef int sio_multiple(Memory* m, unsigned int op, unsigned int count) noexcept nogil:
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
    return 1 + count


cdef int wide(
    CortexM0Core core, unsigned int* r, unsigned int op, unsigned int low, unsigned int pc, unsigned int* next_pc
) noexcept:
    """BL, PRIMASK and the barriers."""
    cdef unsigned int sign
    next_pc[0] = pc + 4
    if low & 0xD000 != 0xD000:
        if op == 0xF3EF and low & 0xF0FF == 0x8010:
            r[low >> 8 & 15] = core.pm
        elif op >> 4 == 0xF38 and low == 0x8810:
            core.pm = r[op & 15] & 1
            core.interrupts_updated = True
        elif op != 0xF3BF:
            return 0
        return 3
    sign = op >> 10 & 1
    r[14] = pc + 4 | 1
    # I1 and I2 of the manual are the inverted difference of J1, J2 and the sign.
    next_pc[0] += (
        0xFF000000U * sign
        | (1 ^ sign ^ low >> 13 & 1) << 23
        | (1 ^ sign ^ low >> 11 & 1) << 22
        | (op & 0x3FF) << 12
        | (low & 0x7FF) << 1
    )
    return 3
