/* What a block of _translate.h is made of: its instructions, their clocks, which flags somebody may
 * ever see. */

enum { NZ = 1, CARRY = 2, OVERFLOW = 4, ALL_FLAGS = 7 };

static int is_conditional(int kind) { return kind >= B_EQ && kind <= B_LE; }

static int is_store(int kind, uint32_t op)
{
    switch (kind) {
    case STR_REGISTER: case STRH_REGISTER: case STRB_REGISTER:
    case STR_IMMEDIATE: case STRB_IMMEDIATE: case STRH_IMMEDIATE: case STR_SP: case PUSH:
        return 1;
    default:
        return kind == MULTIPLE && !(op & 0x800);
    }
}

/* It may have to be left to the interpreter, which then sees the flags. */
static int may_leave(int kind)
{
    return (kind >= STR_REGISTER && kind <= LDR_SP) || (SILICON && kind == LDR_LITERAL)
        || kind == PUSH || kind == POP || kind == MULTIPLE || kind == BX || kind == BLX;
}

static int ends_block(int kind, uint32_t op)
{
    return kind == BX || kind == BLX || kind == BRANCH || kind == BRANCH_LINK
        || (kind == POP && op & 0x100)
        || ((kind == MOV_HIGH || kind == ADD_HIGH) && ((op & 7) | (op >> 4 & 8)) == 15);
}

static int sets_flags(int kind, uint32_t op)
{
    switch (kind) {
    case LSL_IMMEDIATE:
        return op >> 6 & 31 ? NZ | CARRY : NZ;
    case LSR_IMMEDIATE: case ASR_IMMEDIATE:
        return NZ | CARRY;
    case MOV_8: case AND: case EOR: case TST: case ORR: case MUL: case BIC: case MVN:
    case LSL: case LSR: case ASR: case ROR: /* and the carry, but not by 0 */
        return NZ;
    case ADD_REGISTER: case SUB_REGISTER: case ADD_3: case SUB_3:
    case CMP_8: case ADD_8: case SUB_8: case ADC: case SBC: case NEG: case CMP: case CMN:
    case CMP_HIGH:
        return ALL_FLAGS;
    default:
        return 0;
    }
}

/* The clocks of an instruction, of a branch when it is taken; 0 for what is not translated. */
static int clocks_of(int kind, uint32_t op, uint32_t low)
{
    uint32_t count = registers_in(op);
    switch (kind) {
    case UNKNOWN: case CPS:
        return 0;
    case HINT:
        return op == 0xBF00;
    case BX: case BLX:
        return op & 7 ? 0 : 2;
    case BRANCH:
        return 2;
    case BRANCH_LINK:
        return (low & 0xD000) == 0xD000 ? 3 : 0;
    case PUSH:
        return op & 0x1FF ? 1 + count + (op >> 8 & 1) * LR_CLOCKS : 0;
    case POP:
        return op & 0x1FF ? 1 + count + (op >> 8 & 1) * PC_CLOCKS : 0;
    case MULTIPLE:
        return count ? 1 + count : 0;
    case MOV_HIGH: case ADD_HIGH:
        return ends_block(kind, op) ? 2 : 1;
    default:
        return is_conditional(kind) || kind == LDR_LITERAL || may_leave(kind) ? 2 : 1;
    }
}

/* Which of the flags that an instruction sets are not set again before anybody can see them. */
static int live_flags(const struct block *block, int at)
{
    int pending = sets_flags(block->one[at].kind, block->one[at].op), live = 0;
    for (int k = at + 1; k < block->count; k++) {
        int kind = block->one[k].kind;
        if (may_leave(kind) || is_conditional(kind) || ends_block(kind, block->one[k].op))
            break;
        if (kind == ADC || kind == SBC)
            live |= pending & CARRY;
        pending &= ~sets_flags(kind, block->one[k].op);
    }
    return live | pending;
}

/* Fills block->one from `begin` on, up to where the code goes elsewhere for good. */
static void decode(struct block *block, const struct code *code, uint32_t begin)
{
    uint32_t pc = begin;
    int total = 0;
    block->count = 0;
    while (block->count < MOST_INSTRUCTIONS && pc - code->begin + 4 <= code->size) {
        uint32_t op = *(uint16_t *)(code->at + (pc - code->begin));
        uint32_t low = *(uint16_t *)(code->at + (pc + 2 - code->begin));
        int kind = kind_of(op >> 6), clocks = clocks_of(kind, op, low);
        uint32_t literal = ((pc + 4) & ~3u) + ((op & 0xFF) << 2) - code->begin;
        total += clocks;
        if (!clocks || total > MOST_CLOCKS || (kind == LDR_LITERAL && literal + 4 > code->size))
            break;
        block->one[block->count].op = op, block->one[block->count].low = low;
        block->one[block->count].kind = kind, block->one[block->count++].clocks = clocks;
        pc += kind == BRANCH_LINK ? 4 : 2;
        /* Code in RAM can be written by itself. */
        if (ends_block(kind, op) || (block->is_ram && is_store(kind, op)))
            break;
    }
    block->end = pc;
    for (int k = 0; k < block->count; k++)
        block->one[k].live = live_flags(block, k);
}
