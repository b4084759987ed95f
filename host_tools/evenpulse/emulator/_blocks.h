/* PUSH, POP, LDM, STM and the 32-bit instructions: the clocks that each takes, or 0 with nothing
 * done. */

/* For each register that the low byte of an instruction names, the lowest first. */
#define EACH_REGISTER(op, i) \
    for (uint32_t left = (op) & 0xFF, i; left && (i = __builtin_ctz(left), 1); left &= left - 1)

static inline uint32_t registers_in(uint32_t op)
{
    uint32_t pairs = (op & 0x55) + (op >> 1 & 0x55), fours = (pairs & 0x33) + (pairs >> 2 & 0x33);
    return (fours & 0xF) + (fours >> 4);
}

static int push(struct cpu *cpu, uint32_t op)
{
    uint32_t *r = cpu->registers, count = registers_in(op) + (op >> 8 & 1);
    uint32_t address = r[13] - 4 * count;
    uint32_t *at = (uint32_t *)writable(cpu, address, 4);
    if (!at || (count && !writable(cpu, r[13] - 4, 4)))
        return 0;
    EACH_REGISTER(op, i)
        *at++ = r[i];
    if (op & 0x100)
        *at = r[14];
    r[13] = address;
    return 1 + registers_in(op) + (op >> 8 & 1) * LR_CLOCKS;
}

static int pop(struct cpu *cpu, uint32_t op, uint32_t *next_pc)
{
    uint32_t *r = cpu->registers, count = registers_in(op) + (op >> 8 & 1);
    uint32_t *at = (uint32_t *)readable(cpu, r[13], 4);
    if (!at || (count && !readable(cpu, r[13] + 4 * (count - 1), 4)))
        return 0;
    if (op & 0x100 && at[count - 1] >> 28 == 15)
        return 0; /* an exception return */
    EACH_REGISTER(op, i)
        r[i] = *at++;
    r[13] += 4 * count;
    if (!(op & 0x100))
        return 1 + count;
    *next_pc = *at & ~1u;
    return count + PC_CLOCKS;
}

/* LDM and STM on a device: SIO's divider, which firmware saves and restores that way. */
static int multiple_on_device(struct cpu *cpu, uint32_t op, uint32_t count)
{
    uint32_t *r = cpu->registers, n = op >> 8 & 7, address = r[n];
    if (address < 0xD0000060u || address + 4 * count > 0xD000007Cu)
        return 0;
    EACH_REGISTER(op, i) {
        if (op & 0x800)
            cpu->read(cpu, address, &r[i], 0);
        else
            cpu->write(cpu, address, r[i]);
        address += 4;
    }
    if (!(op & 0x800) || !(op >> n & 1))
        r[n] = address;
    return 1 + count;
}

static int multiple(struct cpu *cpu, uint32_t op)
{
    uint32_t *r = cpu->registers, n = op >> 8 & 7, count = registers_in(op), address = r[n];
    int load = op >> 11 & 1;
    if (!count)
        return 0;
    if (address >> 28 == 0xD)
        return multiple_on_device(cpu, op, count);
    uint32_t last = address + 4 * (count - 1);
    uint32_t *at = (uint32_t *)(load ? readable(cpu, address, 4) : writable(cpu, address, 4));
    if (!at || !(load ? readable(cpu, last, 4) : writable(cpu, last, 4)))
        return 0;
    int waits = 0;
    EACH_REGISTER(op, i) {
        if (load) {
            waits += xip_wait(cpu->xip, address);
            r[i] = *at++;
        } else
            *at++ = r[i];
        address += 4;
    }
    if (!load || !(op >> n & 1))
        r[n] = address;
    return 1 + count + waits;
}

/* I1 and I2 of the manual are the inverted difference of J1, J2 and the sign. */
static inline uint32_t branch_link_target(uint32_t op, uint32_t low, uint32_t pc)
{
    uint32_t sign = op >> 10 & 1;
    return pc + 4 + (0xFF000000u * sign | (1 ^ sign ^ (low >> 13 & 1)) << 23
        | (1 ^ sign ^ (low >> 11 & 1)) << 22 | (op & 0x3FF) << 12 | (low & 0x7FF) << 1);
}

/* BL, PRIMASK and the barriers. */
static int wide(struct cpu *cpu, uint32_t op, uint32_t low, uint32_t pc, uint32_t *next_pc)
{
    uint32_t *r = cpu->registers;
    *next_pc = pc + 4;
    if ((low & 0xD000) != 0xD000) {
        if (op == 0xF3EF && (low & 0xF0FF) == 0x8010)
            r[low >> 8 & 15] = cpu->primask;
        else if (op >> 4 == 0xF38 && low == 0x8810) {
            cpu->primask = r[op & 15] & 1;
            cpu->interrupts_updated = 1;
        } else if (op != 0xF3BF)
            return 0;
        return 3;
    }
    r[14] = (pc + 4) | 1;
    *next_pc = branch_link_target(op, low, pc);
    return 3;
}
