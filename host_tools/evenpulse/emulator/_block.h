/* The host's code of one block of _translate.h. */

#define RD_ HOST(op & 7)
#define RM_ HOST(op >> 3 & 7)
#define RN_ HOST(op >> 6 & 7)
#define R8_ HOST(op >> 8 & 7)

/* Leave the block: with this instruction not begun, or after its last one. */
static int add_exit(struct block *block, uint8_t *site, uint32_t pc)
{
    int k = block->exits++;
    memset(&block->exit[k], 0, sizeof block->exit[k]);
    block->exit[k].site[0] = site;
    block->exit[k].done = block->done, block->exit[k].spent = block->spent;
    block->exit[k].last = block->last, block->exit[k].pc = pc;
    return k;
}

/* On to a block whose address is known: straight there once it is made. */
static void go_to(struct block *block, uint32_t pc)
{
    block->exit[add_exit(block, jump(), pc)].goes_on = 1;
}

/* What has been done until here, where it is left. */
static void account(int count, int spent, int last)
{
    if (!count)
        return;
    /* Clocks and instructions of a block are few. */
    opcode(0x83, 1, SUB_I, 0, RSI), byte(0xC0 | SUB_I << 3 | RSI), byte(spent);
    at_memory(0x83, 1, ADD_I, RBX, NO_INDEX, 0, FIELD(done)), byte(count);
    field_to(FIELD(last), last);
}

static void leave_for(uint32_t pc, int reason)
{
    field_to(FIELD(pc), pc);
    field_to(FIELD(reason), reason);
    lands(jump(), made.leave);
}

/* Tell C of a place in made.code. */
static void tell_site(const uint8_t *site)
{
    opcode(LEA_, 1, RAX, 0, RBP), byte(0x05), word((uint32_t)(site - (here + 4)));
    with_pointer(STORE_32, RAX, FIELD(site));
}

/* The way to a block from `site`; one that is not made is made known to C with this jump. */
static void find_way(const struct cpu *cpu, uint8_t *site, uint32_t pc)
{
    uint32_t *place = place_of(cpu, pc);
    if (place && *place > LEFT_ALONE) {
        lands(site, made.code + *place);
        return;
    }
    lands(site, here);
    tell_site(site);
    leave_for(pc, NOT_MADE);
}

/* On to the block at the address in eax. */
static void go_to_eax(void)
{
    with_field(STORE_32, RAX, FIELD(pc));
    at_memory(LEA_, 0, RCX, RAX, NO_INDEX, 0, -FLASH_BEGIN);
    with_field(CMP_MEMORY, RCX, FIELD(flash_bytes));
    uint8_t *elsewhere = jump_if(IF_AE);
    with_pointer(LOAD_32, RDX, FIELD(places));
    at_memory(LOAD_32, 0, RCX, RDX, RCX, 1, 0);
    immediate(CMP_I, RCX, LEFT_ALONE);
    uint8_t *not_made = jump_if(IF_BE);
    opcode(LEA_, 1, RDX, 0, RBP), byte(0x15), word((uint32_t)(made.code - (here + 4)));
    opcode(ADD_, 1, RCX, 0, RDX), byte(0xC0 | RCX << 3 | RDX);
    byte(0xFF), byte(0xE2); /* jmp rdx */
    lands(elsewhere, made.leave_not_made), lands(not_made, made.leave_not_made);
}

static unsigned value_of(unsigned n, uint32_t pc, unsigned scratch)
{
    if (n < 8)
        return HOST(n);
    if (n == 13)
        return RBP;
    if (n == 15)
        set_to(scratch, pc + 4);
    else {
        with_pointer(LOAD_32, RDX, FIELD(registers));
        at_memory(LOAD_32, 0, scratch, RDX, NO_INDEX, 0, 4 * n);
    }
    return scratch;
}

/* A register other than PC is set to eax. */
static void eax_to(unsigned n)
{
    if (n < 8)
        move(HOST(n), RAX);
    else if (n == 13) {
        immediate(AND_I, RAX, ~3u);
        move(RBP, RAX);
    } else {
        with_pointer(LOAD_32, RDX, FIELD(registers));
        at_memory(STORE_32, 0, RAX, RDX, NO_INDEX, 0, 4 * n);
    }
}

static void keep_nz(int live, unsigned reg)
{
    if (live & NZ) {
        with_field(STORE_32, reg, FIELD(n));
        with_field(STORE_32, reg, FIELD(z));
    }
}

/* After ADD_, ADC_, SUB_ or SBB_, its result in `reg`: nothing here touches the host's flags. */
static void keep_flags(struct block *block, int live, int kind, unsigned reg)
{
    if (live & CARRY) condition_to(kind == SUB_ ? IF_AE : IF_B, FIELD(c));
    if (live & OVERFLOW) condition_to(IF_O, FIELD(v));
    keep_nz(live, reg);
    block->fresh = kind;
}

static void keep_bit_as_carry(unsigned reg, unsigned bit)
{
    opcode(WIDE_CODE | 0xBA, 1, 4, 0, reg), byte(0xC0 | 4 << 3 | (reg & 7)), byte(bit); /* bt */
    condition_to(IF_B, FIELD(c));
}

static void shift_immediate(int kind, uint32_t op, int live)
{
    unsigned by = op >> 6 & 31;
    move(RAX, RM_);
    if (kind == LSL_IMMEDIATE) {
        if (by) shift(SHL_, RAX, by);
        if (by && live & CARRY) condition_to(IF_B, FIELD(c));
    } else if (by) {
        shift(kind == LSR_IMMEDIATE ? SHR_ : SAR_, RAX, by);
        if (live & CARRY) condition_to(IF_B, FIELD(c));
    } else {
        if (live & CARRY) keep_bit_as_carry(RAX, 31);
        if (kind == LSR_IMMEDIATE) set_to(RAX, 0);
        else shift(SAR_, RAX, 31);
    }
    move(RD_, RAX);
    keep_nz(live, RAX);
}

/* By a register: in 64 bits, where 33 is as good as 255. */
static void shift_register(int kind, uint32_t op)
{
    between(ZERO_8, RCX, RM_);
    between(TEST_, RCX, RCX);
    uint8_t *not_at_all = jump_if(IF_E);
    if (kind == ROR) {
        shift_by_cl(0, ROR_, RD_);
        keep_bit_as_carry(RD_, 31);
    } else {
        immediate(CMP_I, RCX, 33);
        uint8_t *as_it_is = jump_if(IF_BE);
        set_to(RCX, 33);
        lands(as_it_is, here);
        between(STORE_32, RD_, RAX);
        if (kind != LSL) shift_wide(SHL_, RAX, 32);
        shift_by_cl(1, kind == LSL ? SHL_ : kind == LSR ? SHR_ : SAR_, RAX);
        keep_bit_as_carry(RAX, kind == LSL ? 32 : 31);
        if (kind != LSL) shift_wide(SHR_, RAX, 32);
        move(RD_, RAX);
    }
    lands(not_at_all, here);
    keep_nz(NZ, RD_);
}

static void two_operands(struct block *block, int kind, uint32_t op, int live)
{
    switch (kind) {
    case AND: between(AND_, RM_, RD_); break;
    case EOR: between(XOR_, RM_, RD_); break;
    case ORR: between(OR_, RM_, RD_); break;
    case MUL: between(IMUL_, RD_, RM_); break;
    case BIC: move(RAX, RM_), between(0xF7, 2, RAX), between(AND_, RAX, RD_); break;
    case MVN: move(RAX, RM_), between(0xF7, 2, RAX), move(RD_, RAX); break;
    case TST:
        move(RAX, RD_), between(AND_, RM_, RAX);
        keep_nz(live, RAX);
        return;
    case ADC:
        with_field(LOAD_32, RAX, FIELD(c));
        immediate(ADD_I, RAX, ~0u);
        between(ADC_, RM_, RD_);
        keep_flags(block, live, ADD_, RD_);
        return;
    case SBC:
        compare_field(FIELD(c), 1);
        between(SBB_, RM_, RD_);
        keep_flags(block, live, SUB_, RD_);
        return;
    case NEG:
        set_to(RAX, 0), between(SUB_, RM_, RAX), move(RD_, RAX);
        keep_flags(block, live, SUB_, RAX);
        return;
    case CMP: case CMN:
        move(RAX, RD_), between(kind == CMP ? SUB_ : ADD_, RM_, RAX);
        keep_flags(block, live, kind == CMP ? SUB_ : ADD_, RAX);
        return;
    }
    keep_nz(live, RD_);
}

static void add_or_subtract(struct block *block, int kind, uint32_t op, int live)
{
    int adds = kind == ADD_REGISTER || kind == ADD_3 || kind == ADD_8;
    if (kind == ADD_REGISTER || kind == SUB_REGISTER)
        move(RAX, RM_), between(adds ? ADD_ : SUB_, RN_, RAX), move(RD_, RAX);
    else if (kind == ADD_3 || kind == SUB_3)
        move(RAX, RM_), immediate(adds ? ADD_I : SUB_I, RAX, op >> 6 & 7), move(RD_, RAX);
    else if (kind == CMP_8)
        move(RAX, R8_), immediate(SUB_I, RAX, op & 0xFF);
    else
        move(RAX, R8_), immediate(adds ? ADD_I : SUB_I, RAX, op & 0xFF), move(R8_, RAX);
    keep_flags(block, live, adds ? ADD_ : SUB_, RAX);
}

/* BX and BLX leave the exceptions' returns to the interpreter; what is left of PC is in eax. */
static void high_registers(struct block *block, int kind, uint32_t op, int live, uint32_t pc)
{
    unsigned to = (op & 7) | (op >> 4 & 8), from = value_of(op >> 3 & 15, pc, RCX);
    if (kind == BX || kind == BLX) {
        move(RAX, from);
        immediate(CMP_I, RAX, 0xF0000000u);
        add_exit(block, jump_if(IF_AE), pc);
        if (kind == BLX) {
            set_to(RCX, (pc + 2) | 1);
            with_pointer(LOAD_32, RDX, FIELD(registers));
            at_memory(STORE_32, 0, RCX, RDX, NO_INDEX, 0, 4 * 14);
        }
    } else if (kind == MOV_HIGH) {
        move(RAX, from);
        if (to != 15) eax_to(to);
    } else {
        move(RAX, value_of(to, pc, RAX));
        between(kind == ADD_HIGH ? ADD_ : SUB_, from, RAX);
        if (kind == CMP_HIGH) keep_flags(block, live, SUB_, RAX);
        else if (to != 15) eax_to(to);
    }
}
