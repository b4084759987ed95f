/* Loads, stores and branches of a block, and the block as a whole (_translate.h). */

/* ecx is an address less RAM_BEGIN: its cell in RAM, as [rdi + rcx << scale]. Elsewhere, or not
 * aligned: `flash_load` from flash, or the interpreter. One comparison tells both: what is not
 * aligned is rotated to far above the end. */
static void in_ram(
    struct block *block, uint32_t pc, unsigned scale, unsigned flash_load, unsigned into)
{
    if (scale) shift(ROR_, RCX, scale);
    immediate(CMP_I, RCX, made.ram_bytes >> scale);
    int k = add_exit(block, jump_if(IF_AE), pc);
    block->exit[k].flash_load = flash_load, block->exit[k].into = into;
    block->exit[k].scale = scale;
}

static void load_or_store(struct block *block, int kind, uint32_t op, uint32_t pc)
{
    static const struct { uint8_t scale; unsigned load, store; } with[] = {
        [STR_REGISTER] = {2, 0, STORE_32}, [STRH_REGISTER] = {1, 0, STORE_16},
        [STRB_REGISTER] = {0, 0, STORE_8}, [LDRSB] = {0, SIGN_8, 0},
        [LDR_REGISTER] = {2, LOAD_32, 0}, [LDRH_REGISTER] = {1, ZERO_16, 0},
        [LDRB_REGISTER] = {0, ZERO_8, 0}, [LDRSH] = {1, SIGN_16, 0},
        [STR_IMMEDIATE] = {2, 0, STORE_32}, [LDR_IMMEDIATE] = {2, LOAD_32, 0},
        [STRB_IMMEDIATE] = {0, 0, STORE_8}, [LDRB_IMMEDIATE] = {0, ZERO_8, 0},
        [STRH_IMMEDIATE] = {1, 0, STORE_16}, [LDRH_IMMEDIATE] = {1, ZERO_16, 0},
        [STR_SP] = {2, 0, STORE_32}, [LDR_SP] = {2, LOAD_32, 0},
    };
    unsigned scale = with[kind].scale, load = with[kind].load;
    unsigned reg = kind >= STR_SP ? R8_ : RD_, base = RM_, index = NO_INDEX;
    uint32_t away = (op >> 6 & 31) << scale;
    if (kind >= STR_SP)
        base = RBP, away = (op & 0xFF) << 2;
    else if (kind <= LDRSH)
        index = RN_, away = 0;
    at_memory(LEA_, 0, RCX, base, index, 0, away - RAM_BEGIN);
    in_ram(block, pc, scale, load, reg);
    at_memory(load ? load : with[kind].store, 0, reg, RDI, RCX, scale, 0);
    if (load) block->exit[block->exits - 1].back = here;
}

/* PUSH, POP, LDM, STM of what lies in RAM as a whole. */
static void several(struct block *block, int kind, uint32_t op, uint32_t pc)
{
    unsigned extra = kind != MULTIPLE && op & 0x100, count = registers_in(op) + extra;
    unsigned base = kind == MULTIPLE ? R8_ : RBP, place = 0;
    int loads = kind == POP || (kind == MULTIPLE && op & 0x800);
    at_memory(LEA_, 0, RCX, base, NO_INDEX, 0, -RAM_BEGIN - (kind == PUSH ? 4 * count : 0));
    between(0xF7, 0, RCX), word(3); /* test ecx, 3 */
    uint8_t *not_aligned = jump_if(IF_NE);
    immediate(CMP_I, RCX, made.ram_bytes - 4 * count);
    int k = add_exit(block, not_aligned, pc);
    block->exit[k].site[1] = jump_if(IF_A);
    if (kind == POP && extra) {
        at_memory(LOAD_32, 0, RAX, RDI, RCX, 0, 4 * (count - 1));
        immediate(CMP_I, RAX, 0xF0000000u);
        add_exit(block, jump_if(IF_AE), pc);
    }
    EACH_REGISTER(op, i) {
        at_memory(loads ? LOAD_32 : STORE_32, 0, HOST(i), RDI, RCX, 0, 4 * place++);
    }
    if (kind == PUSH && extra) {
        value_of(14, pc, RAX);
        at_memory(STORE_32, 0, RAX, RDI, RCX, 0, 4 * place);
    }
    if (kind == MULTIPLE && (!loads || !(op >> (op >> 8 & 7) & 1)))
        immediate(ADD_I, base, 4 * count);
    if (kind != MULTIPLE)
        immediate(kind == PUSH ? SUB_I : ADD_I, RBP, 4 * count);
}

/* The host's condition for one of the chip's, from the host's own flags; -1: there is none. */
static int fresh_condition(int fresh, int kind)
{
    static const int8_t after_sub[] = {
        IF_E, IF_NE, IF_AE, IF_B, IF_S, IF_NS, IF_O, IF_NO, IF_A, IF_BE, IF_GE, IF_L, IF_G, IF_LE};
    static const int8_t after_add[] = {
        IF_E, IF_NE, IF_B, IF_AE, IF_S, IF_NS, IF_O, IF_NO, -1, -1, IF_GE, IF_L, IF_G, IF_LE};
    return fresh ? (fresh == SUB_ ? after_sub : after_add)[kind - B_EQ] : -1;
}

/* The same from the kept flags. */
static int kept_condition(int kind)
{
    static const uint8_t if_not_zero[] = {
        IF_E, IF_NE, IF_NE, IF_E, IF_S, IF_NS, IF_NE, IF_E, IF_NE, IF_E, IF_E, IF_NE, IF_E, IF_NE};
    switch (kind) {
    case B_EQ: case B_NE: compare_field(FIELD(z), 0); break;
    case B_CS: case B_CC: compare_field(FIELD(c), 0); break;
    case B_MI: case B_PL: compare_field(FIELD(n), 0); break;
    case B_VS: case B_VC: compare_field(FIELD(v), 0); break;
    case B_HI: case B_LS: /* eax = C and not Z */
        compare_field(FIELD(z), 0);
        opcode(WIDE_CODE | 0x95, 0, 0, 0, RAX), byte(0xC0); /* setne al */
        with_field(AND_MEMORY, RAX, FIELD(c));
        break;
    default: /* al = N differs from V, or Z where that counts */
        with_field(LOAD_32, RAX, FIELD(n));
        shift(SHR_, RAX, 31);
        with_field(XOR_MEMORY, RAX, FIELD(v));
        if (kind == B_GT || kind == B_LE) {
            compare_field(FIELD(z), 0);
            opcode(WIDE_CODE | 0x94, 0, 0, 0, RCX), byte(0xC0 | RCX); /* sete cl */
            opcode(0x08, 0, RCX, 0, RAX), byte(0xC0 | RCX << 3 | RAX); /* or al, cl */
        }
        opcode(0x84, 0, RAX, 0, RAX), byte(0xC0); /* test al, al */
    }
    return if_not_zero[kind - B_EQ];
}

static void branch_if(struct block *block, int kind, uint32_t op, uint32_t pc)
{
    int condition = fresh_condition(block->fresh, kind);
    int taken = add_exit(
        block, jump_if(condition < 0 ? kept_condition(kind) : condition),
        pc + 4 + (uint32_t)((int32_t)(op << 24) >> 23));
    block->exit[taken].branches = 1;
}

static void one_instruction(struct block *block, int k, uint32_t pc)
{
    uint32_t op = block->one[k].op, live = block->one[k].live;
    int kind = block->one[k].kind, was_fresh = block->fresh;
    block->fresh = 0;
    if (kind >= STR_REGISTER && kind <= LDR_SP) {
        load_or_store(block, kind, op, pc);
        return;
    }
    switch (kind) {
    case LSL_IMMEDIATE: case LSR_IMMEDIATE: case ASR_IMMEDIATE:
        shift_immediate(kind, op, live); break;
    case ADD_REGISTER: case SUB_REGISTER: case ADD_3: case SUB_3: case CMP_8: case ADD_8: case SUB_8:
        add_or_subtract(block, kind, op, live); break;
    case MOV_8:
        set_to(R8_, op & 0xFF); keep_nz(live, R8_); break;
    case LSL: case LSR: case ASR: case ROR:
        shift_register(kind, op); break;
    case ADD_HIGH: case MOV_HIGH: case CMP_HIGH: case BX: case BLX:
        high_registers(block, kind, op, live, pc); break;
    case LDR_LITERAL: {
        uint32_t literal = ((pc + 4) & ~3u) + ((op & 0xFF) << 2) - block->begin;
        with_pointer(LOAD_32, RDX, block->field);
        at_memory(LOAD_32, 0, R8_, RDX, NO_INDEX, 0, block->offset + literal);
        break;
    }
    case ADR: set_to(R8_, ((pc + 4) & ~3u) + ((op & 0xFF) << 2)); break;
    case ADD_SP: at_memory(LEA_, 0, R8_, RBP, NO_INDEX, 0, (op & 0xFF) << 2); break;
    case SP_UP: case SP_DOWN:
        immediate(kind == SP_UP ? ADD_I : SUB_I, RBP, (op & 0x7F) << 2);
        immediate(AND_I, RBP, ~3u);
        break;
    case SXTH: between(SIGN_16, RD_, RM_); break;
    case SXTB: between(SIGN_8, RD_, RM_); break;
    case UXTH: between(ZERO_16, RD_, RM_); break;
    case UXTB: between(ZERO_8, RD_, RM_); break;
    case REV: case REV16:
        move(RD_, RM_);
        opcode(WIDE_CODE | 0xC8 | (RD_ & 7), 0, 0, 0, RD_);
        if (kind == REV16) shift(ROL_, RD_, 16);
        break;
    case PUSH: case POP: case MULTIPLE: several(block, kind, op, pc); break;
    case BRANCH_LINK:
        set_to(RAX, (pc + 4) | 1); eax_to(14); break;
    case HINT: case BRANCH: break;
    default:
        if (is_conditional(kind)) {
            block->fresh = was_fresh;
            branch_if(block, kind, op, pc);
        } else
            two_operands(block, kind, op, live);
    }
}

/* All of the block begins in time, and memory holds what it was made from. */
static void check(struct block *block, int before_last)
{
    uint32_t bytes = block->end - block->begin;
    opcode(0x83, 1, CMP_I, 0, RSI), byte(0xC0 | CMP_I << 3 | RSI), byte(before_last);
    block->too_late = jump_if(IF_LE);
    block->stales = 0;
    with_pointer(LOAD_32, RDX, block->field);
    for (uint32_t at = 0, size; at < bytes; at += size) {
        uint64_t value = 0;
        size = bytes - at >= 8 ? 8 : bytes - at >= 4 ? 4 : 2;
        memcpy(&value, block->bytes + at, size);
        if (size == 8) {
            opcode(0xB8, 1, 0, 0, RAX), words(value);
            at_memory(CMP_, 1, RAX, RDX, NO_INDEX, 0, block->offset + at);
        } else {
            at_memory(size == 4 ? 0x81 : HALF | 0x81, 0, CMP_I, RDX, NO_INDEX, 0, block->offset + at);
            if (size == 4) word((uint32_t)value);
            else byte(value & 0xFF), byte(value >> 8);
        }
        block->stale[block->stales++] = jump_if(IF_NE);
    }
}

/* What lies in flash is loaded after all; else the interpreter goes on at this instruction. */
static void write_exit(const struct cpu *cpu, const struct block *block, int k)
{
    uint8_t *not_aligned = NULL;
    if (block->exit[k].goes_on) {
        find_way(cpu, block->exit[k].site[0], block->exit[k].pc);
        return;
    }
    for (int site = 0; site < 2; site++)
        if (block->exit[k].site[site])
            lands(block->exit[k].site[site], here);
    if (block->exit[k].flash_load) {
        unsigned scale = block->exit[k].scale;
        if (scale) shift(ROL_, RCX, scale);
        immediate(ADD_I, RCX, RAM_BEGIN - FLASH_BEGIN);
        if (scale) {
            between(0xF7, 0, RCX), word((1 << scale) - 1);
            not_aligned = jump_if(IF_NE);
        }
        with_field(CMP_MEMORY, RCX, FIELD(flash_bytes));
        uint8_t *not_there = jump_if(IF_AE);
        with_pointer(LOAD_32, RDX, FIELD(flash));
        at_memory(block->exit[k].flash_load, 0, block->exit[k].into, RDX, RCX, 0, 0);
        lands(jump(), block->exit[k].back);
        lands(not_there, here);
        if (not_aligned) lands(not_aligned, here);
    }
    if (block->exit[k].branches) {
        account(block->exit[k].done + 1, block->exit[k].spent + 2, 2);
        find_way(cpu, jump(), block->exit[k].pc);
    } else {
        account(block->exit[k].done, block->exit[k].spent, block->exit[k].last);
        leave_for(block->exit[k].pc, FOR_INTERPRETER);
    }
}

static void write_end(struct block *block)
{
    uint32_t op = block->one[block->count - 1].op, low = block->one[block->count - 1].low;
    uint32_t pc = block->end - 2;
    int kind = block->one[block->count - 1].kind;
    account(block->done, block->spent, block->last);
    if (kind == BRANCH)
        go_to(block, pc + 4 + (uint32_t)((int32_t)(op << 21) >> 20));
    else if (kind == BRANCH_LINK)
        go_to(block, branch_link_target(op, low, block->end - 4));
    else if (ends_block(kind, op)) {
        immediate(AND_I, RAX, ~1u);
        go_to_eax();
    } else
        go_to(block, block->end);
}

static void write_rare(const struct cpu *cpu, const struct block *block)
{
    lands(block->too_late, here);
    leave_for(block->begin, TOO_LATE);
    for (int k = 0; k < block->stales; k++)
        lands(block->stale[k], here);
    leave_for(block->begin, STALE);
    for (int k = 0; k < block->exits; k++)
        write_exit(cpu, block, k);
}

/* Where the new block begins in made.code, or LEFT_ALONE. */
static uint32_t translate(struct cpu *cpu, uint32_t begin)
{
    struct block made_now, *block = &made_now;
    struct code code;
    if (!find_code(cpu, &code, begin))
        return LEFT_ALONE;
    block->begin = begin, block->offset = begin - code.begin;
    block->bytes = code.at + block->offset;
    block->is_ram = code.begin == RAM_BEGIN;
    block->field = block->is_ram ? FIELD(ram) : code.begin ? FIELD(flash) : FIELD(rom);
    block->done = block->spent = block->last = block->fresh = block->exits = 0;
    decode(block, &code, begin);
    if (!block->count)
        return LEFT_ALONE;
    uint8_t *start = here;
    int before_last = 0;
    for (int k = 0; k < block->count - 1; k++)
        before_last += block->one[k].clocks - is_conditional(block->one[k].kind);
    check(block, before_last);
    for (uint32_t pc = begin; block->done < block->count; pc += 2) {
        int k = block->done, kind = block->one[k].kind;
        one_instruction(block, k, pc);
        block->last = block->one[k].clocks - is_conditional(kind);
        block->spent += block->last;
        block->done++;
    }
    write_end(block);
    uint8_t *end = here;
    here = made.rare;
    write_rare(cpu, block);
    made.rare = here;
    here = end;
    return (uint32_t)(start - made.code);
}
