/* Loads, stores and branches of a block of _translate.h, and each instruction by its kind. */

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
    /* One comparison for both: what is not aligned is rotated to far above the end of RAM. */
    if (scale) shift(ROR_, RCX, scale);
    immediate(CMP_I, RCX, made.ram_bytes >> scale);
    int k = add_exit(block, jump_if(IF_AE), pc);
    block->exit[k].load = load, block->exit[k].reg = reg;
    block->exit[k].scale = scale, block->exit[k].is_word = scale == 2;
    at_memory(load ? load : with[kind].store, 0, reg, RDI, RCX, scale, 0);
    block->exit[k].back = here;
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
    case ADD_REGISTER: case SUB_REGISTER: case ADD_3: case SUB_3:
    case CMP_8: case ADD_8: case SUB_8:
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
