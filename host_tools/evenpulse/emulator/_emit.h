/* The few x86-64 instructions that translated blocks are made of (_translate.h), written to `here`.
 *
 * The chip's r0 to r7 are the host's r8d to r15d, its SP is ebp; rbx points to the struct cpu, rdi
 * to RAM, rsi holds the clocks that are left. rax, rcx and rdx are free. */

#include <string.h>

enum { RAX, RCX, RDX, RBX, NO_INDEX, RBP, RSI, RDI };
#define HOST(n) (8 + (n))

/* Conditions as the host numbers them. */
enum {
    IF_O, IF_NO, IF_B, IF_AE, IF_E, IF_NE, IF_BE, IF_A, IF_S, IF_NS,
    IF_L = 12, IF_GE, IF_LE, IF_G
};

/* "register or memory, register" forms; those of WIDE_CODE have two bytes, of HALF a prefix. */
enum {
    ADD_ = 0x01, OR_ = 0x09, ADC_ = 0x11, SBB_ = 0x19, AND_ = 0x21, SUB_ = 0x29, XOR_ = 0x31,
    CMP_ = 0x39, TEST_ = 0x85, STORE_8 = 0x88, STORE_32 = 0x89, LOAD_32 = 0x8B, LEA_ = 0x8D,
    AND_MEMORY = 0x23, XOR_MEMORY = 0x33, CMP_MEMORY = 0x3B, WIDE_CODE = 0x0F00,
    HALF = 0x10000,
    IMUL_ = WIDE_CODE | 0xAF, ZERO_8 = WIDE_CODE | 0xB6, ZERO_16 = WIDE_CODE | 0xB7,
    SIGN_8 = WIDE_CODE | 0xBE, SIGN_16 = WIDE_CODE | 0xBF, STORE_16 = HALF | 0x89
};
/* Operations on an immediate: the field of 0x81. */
enum { ADD_I, OR_I, ADC_I, SBB_I, AND_I, SUB_I, XOR_I, CMP_I };
/* Shifts: the field of 0xC1 and 0xD3. */
enum { ROL_ = 0, ROR_ = 1, SHL_ = 4, SHR_ = 5, SAR_ = 7 };

static uint8_t *here;

static void byte(unsigned value) { *here++ = (uint8_t)value; }
static void word(uint32_t value) { memcpy(here, &value, 4), here += 4; }
static void words(uint64_t value) { memcpy(here, &value, 8), here += 8; }

static void opcode(unsigned op, unsigned wide, unsigned reg, unsigned index, unsigned base)
{
    if (op & HALF) byte(0x66);
    /* With a prefix even when nothing asks for it: then 4 to 7 are SPL to DIL as byte registers. */
    byte(0x40 | wide << 3 | reg >> 3 << 2 | index >> 3 << 1 | base >> 3);
    if (op & WIDE_CODE) byte(0x0F);
    byte(op);
}

static void between(unsigned op, unsigned reg, unsigned rm)
{
    opcode(op, 0, reg, 0, rm);
    byte(0xC0 | (reg & 7) << 3 | (rm & 7));
}

static void move(unsigned to, unsigned from) { if (to != from) between(STORE_32, from, to); }

static int is_short(uint32_t value) { return (int32_t)value == (int8_t)value; }

static void immediate(unsigned field, unsigned rm, uint32_t value)
{
    between(is_short(value) ? 0x83 : 0x81, field, rm);
    if (is_short(value)) byte(value & 0xFF);
    else word(value);
}

static void set_to(unsigned to, uint32_t value)
{
    opcode(0xB8 | (to & 7), 0, 0, 0, to);
    word(value);
}

static void shift(unsigned field, unsigned rm, unsigned by)
{
    between(0xC1, field, rm);
    byte(by);
}

static void shift_by_cl(unsigned wide, unsigned field, unsigned rm)
{
    opcode(0xD3, wide, field, 0, rm);
    byte(0xC0 | field << 3 | (rm & 7));
}

static void shift_wide(unsigned field, unsigned rm, unsigned by)
{
    opcode(0xC1, 1, field, 0, rm);
    byte(0xC0 | field << 3 | (rm & 7));
    byte(by);
}

/* [base + index * 2**scale + away]; NO_INDEX for none. */
static void at_memory(
    unsigned op, unsigned wide, unsigned reg, unsigned base, unsigned index, unsigned scale,
    uint32_t away)
{
    unsigned has_index = index != NO_INDEX || (base & 7) == NO_INDEX;
    opcode(op, wide, reg, index, base);
    byte((is_short(away) ? 0x40 : 0x80) | (reg & 7) << 3 | (has_index ? 4 : base & 7));
    if (has_index) byte(scale << 6 | (index & 7) << 3 | (base & 7));
    if (is_short(away)) byte(away & 0xFF);
    else word(away);
}

/* A field of the struct cpu. */
#define FIELD(name) (uint32_t)offsetof(struct cpu, name)
static void with_field(unsigned op, unsigned reg, uint32_t field)
{
    at_memory(op, 0, reg, RBX, NO_INDEX, 0, field);
}

static void with_pointer(unsigned op, unsigned reg, uint32_t field)
{
    at_memory(op, 1, reg, RBX, NO_INDEX, 0, field);
}

static void field_to(uint32_t field, uint32_t value)
{
    with_field(0xC7, 0, field);
    word(value);
}

static void compare_field(uint32_t field, uint32_t value)
{
    with_field(0x81, CMP_I, field);
    word(value);
}

static void condition_to(unsigned condition, uint32_t field)
{
    with_field(WIDE_CODE | 0x90 | condition, 0, field);
}

/* Jumps give the place of their distance, for `lands`. */
static uint8_t *jump_if(unsigned condition)
{
    byte(0x0F), byte(0x80 | condition), word(0);
    return here - 4;
}

static uint8_t *jump(void)
{
    byte(0xE9), word(0);
    return here - 4;
}

static void lands(uint8_t *site, const uint8_t *target)
{
    uint32_t distance = (uint32_t)(target - (site + 4));
    memcpy(site, &distance, 4);
}
