/* Thumb instructions in plain C, for what stays inside registers, RAM, flash and ROM.
 *
 * The emulator's own core takes 400 ns an instruction (each bus access is a Python method look-up),
 * this one a few. What it does not know (peripherals, exceptions, system registers, sleep) it
 * leaves untouched, with all that came before it done; the emulator's core does that one. Effects
 * are those of the ARMv6-M manual, clock counts those of the emulator's core (or _xip.h's). What
 * runs often is done in blocks of the host's own code (_translate.h) where there can be any.
 *
 * Each instruction ends with the jump to the next one's own code (GCC's labels as values): the
 * host's processor then foresees most of these jumps, from one common place hardly any. */

#include "_cpu.h"
#include "_kinds.h"
#include "_blocks.h"
#include "_translate.h"

struct flags { uint32_t n, z, c, v; };

/* AddWithCarry() of the manual: sum and all four flags. */
static inline uint32_t add_with_carry(struct flags *f, uint32_t a, uint32_t b, uint32_t carry)
{
    uint64_t sum = (uint64_t)a + b + carry;
    uint32_t result = (uint32_t)sum;
    f->n = f->z = result;
    f->c = (uint32_t)(sum >> 32);
    f->v = (~(a ^ b) & (a ^ result)) >> 31;
    return result;
}

/* A shift by a register: by 0 it leaves the carry alone, by more than 31 it is as good as
 * endless. */
static inline uint32_t shifted(struct flags *f, enum kind kind, uint32_t a, uint32_t amount)
{
    uint32_t result = a, last = amount <= 32 ? amount - 1 : 32;
    if (!amount)
        return f->n = f->z = a;
    if (kind == LSL) {
        result = amount < 32 ? a << amount : 0;
        f->c = last < 32 ? a >> (31 - last) & 1 : 0;
    } else if (kind == LSR) {
        result = amount < 32 ? a >> amount : 0;
        f->c = last < 32 ? a >> last & 1 : 0;
    } else if (kind == ASR) {
        result = (uint32_t)((int32_t)a >> (amount < 32 ? amount : 31));
        f->c = a >> (last < 32 ? last : 31) & 1;
    } else {
        result = a >> (amount & 31) | a << (-amount & 31);
        f->c = result >> 31;
    }
    return f->n = f->z = result;
}

#define RD r[op & 7]
#define RM r[op >> 3 & 7]
#define RN r[op >> 6 & 7]
#define R8 r[op >> 8 & 7]
#define IMMEDIATE_5 (op >> 6 & 31)
#define IMMEDIATE_8 (op & 0xFF)
#define HIGH_RD (op & 7) | (op >> 4 & 8)
#define HIGH_RM ((op >> 3 & 15) == 15 ? pc + 4 : r[op >> 3 & 15])
#define KEEP_NZ(value) (f.n = f.z = (value))

/* The next instruction, or the end: it is due later, or its code lies elsewhere. */
#define GO_ON \
    do { \
        if (clock >= pause) goto pause; \
        if (pc - code.begin >= code.size) goto elsewhere; \
        op = *(uint16_t *)(code.at + (pc - code.begin)); \
        if (SILICON && (to = fetch_wait(cpu->xip, pc, op))) { clock += to; goto late; } \
        goto *next[op >> 6]; \
    } while (0)
#define DONE(clocks, next_pc) \
    do { now = clock; clock += (clocks); pc = (next_pc); executed++; GO_ON; } while (0)
/* The same at the beginning of a stretch of code, where a translated block may take over. */
#define ENTER(clocks, next_pc) \
    do { now = clock; clock += (clocks); pc = (next_pc); executed++; goto enter; } while (0)
#define PLAIN DONE(1, pc + 2)
/* What a helper did: it took so many clocks, or nothing is done. */
#define IF_TAKEN(clocks, next_pc) \
    do { int spent = (clocks); if (!spent) goto end; DONE(spent, next_pc); } while (0)

#define LOAD(type, into, where) \
    do { \
        uint32_t address = (where); \
        uint8_t *cell = readable(&memory, address, sizeof(type)); \
        if (!cell) { if (sizeof(type) == 4) READ_DEVICE(into, address); goto end; } \
        into = (uint32_t)*(type *)cell; \
        DONE(2 + xip_wait(cpu->xip, address), pc + 2); \
    } while (0)
#define READ_DEVICE(into, address) \
    do { \
        uint32_t value; \
        int spent = cpu->read(cpu, address, &value, clock); \
        if (spent < 0) return -1; \
        if (spent) { into = value; DONE(spent, pc + 2); } \
    } while (0)
#define STORE(type, value, where) \
    do { \
        uint32_t address = (where); \
        uint8_t *cell = writable(&memory, address, sizeof(type)); \
        if (!cell) { if (sizeof(type) == 4) WRITE_DEVICE(value, address); goto end; } \
        *(type *)cell = (type)(value); \
        DONE(2, pc + 2); \
    } while (0)
#define WRITE_DEVICE(value, address) \
    do { \
        int spent = cpu->write(cpu, address, value); \
        if (spent < 0) return -1; \
        if (spent) DONE(spent, pc + 2); \
    } while (0)
#define BRANCH_IF(condition) \
    do { \
        if (condition) ENTER(2, pc + 4 + (uint32_t)((int32_t)(op << 24) >> 23)); \
        PLAIN; \
    } while (0)

/* Execute instructions that begin before clock `until`, from at_clock[0] on, which then says where
 * the next begins; returns how many, with cpu->now the clock of the last; or -1 with an exception
 * of Python's set. */
static long long execute_thumb(struct cpu *cpu, long long *at_clock, long long until)
{
#define AS_LABEL(kind) &&kind,
    static void *const labels[] = {EACH_KIND(AS_LABEL)};
    static void *next[1024];
    if (!next[0])
        for (int ten = 1023; ten >= 0; ten--)
            next[ten] = labels[kind_of(ten)];

    /* No store of an instruction can change a copy: it stays in the host's registers. */
    const struct cpu memory = *cpu;
    uint32_t *const r = cpu->registers;
    struct flags f = {cpu->n, cpu->z, cpu->c, cpu->v};
    struct code code = {NULL, 0, 0};
    uint32_t pc = r[15] & ~1u, op, to;
    long long clock = at_clock[0], now = 0, executed = 0;
    const int translates = cpu->translates && can_translate(cpu);
    long long pause = until; /* where blocks are looked for again, or the end */
    goto enter;

pause:
    if (clock >= until) goto end;
enter:
    pause = until;
    uint8_t *block = translates && clock < until ? block_at(cpu, pc) : NULL;
    if (block) {
        cpu->n = f.n, cpu->z = f.z, cpu->c = f.c, cpu->v = f.v;
        pause = run_blocks(cpu, block, &pc, &clock, until, &now, &executed);
        f = (struct flags){cpu->n, cpu->z, cpu->c, cpu->v};
        if (cpu->failed) return -1;
        if (clock >= until) goto end;
    }
    GO_ON;

late: /* The instruction's words have come; all that was due meanwhile goes first. */
    if (clock >= pause) goto pause;
    goto *next[op >> 6];
elsewhere:
    if (!find_code(cpu, &code, pc)) goto end;
    GO_ON;
LSL_IMMEDIATE:
    to = RM;
    if (IMMEDIATE_5) f.c = to >> (32 - IMMEDIATE_5) & 1;
    RD = KEEP_NZ(to << IMMEDIATE_5);
    PLAIN;
LSR_IMMEDIATE:
    to = RM;
    f.c = to >> (IMMEDIATE_5 - 1 & 31) & 1;
    RD = KEEP_NZ(IMMEDIATE_5 ? to >> IMMEDIATE_5 : 0);
    PLAIN;
ASR_IMMEDIATE:
    to = RM;
    f.c = to >> (IMMEDIATE_5 - 1 & 31) & 1;
    RD = KEEP_NZ((uint32_t)((int32_t)to >> (IMMEDIATE_5 ? IMMEDIATE_5 : 31)));
    PLAIN;
ADD_REGISTER: RD = add_with_carry(&f, RM, RN, 0); PLAIN;
SUB_REGISTER: RD = add_with_carry(&f, RM, ~RN, 1); PLAIN;
ADD_3: RD = add_with_carry(&f, RM, op >> 6 & 7, 0); PLAIN;
SUB_3: RD = add_with_carry(&f, RM, ~(op >> 6 & 7), 1); PLAIN;
MOV_8: R8 = KEEP_NZ(IMMEDIATE_8); PLAIN;
CMP_8: add_with_carry(&f, R8, ~IMMEDIATE_8, 1); PLAIN;
ADD_8: R8 = add_with_carry(&f, R8, IMMEDIATE_8, 0); PLAIN;
SUB_8: R8 = add_with_carry(&f, R8, ~IMMEDIATE_8, 1); PLAIN;
AND: RD = KEEP_NZ(RD & RM); PLAIN;
EOR: RD = KEEP_NZ(RD ^ RM); PLAIN;
LSL: RD = shifted(&f, LSL, RD, RM & 0xFF); PLAIN;
LSR: RD = shifted(&f, LSR, RD, RM & 0xFF); PLAIN;
ASR: RD = shifted(&f, ASR, RD, RM & 0xFF); PLAIN;
ROR: RD = shifted(&f, ROR, RD, RM & 0xFF); PLAIN;
ADC: RD = add_with_carry(&f, RD, RM, f.c); PLAIN;
SBC: RD = add_with_carry(&f, RD, ~RM, f.c); PLAIN;
TST: KEEP_NZ(RD & RM); PLAIN;
NEG: RD = add_with_carry(&f, ~RM, 0, 1); PLAIN;
CMP: add_with_carry(&f, RD, ~RM, 1); PLAIN;
CMN: add_with_carry(&f, RD, RM, 0); PLAIN;
ORR: RD = KEEP_NZ(RD | RM); PLAIN;
MUL: RD = KEEP_NZ(RD * RM); PLAIN;
BIC: RD = KEEP_NZ(RD & ~RM); PLAIN;
MVN: RD = KEEP_NZ(~RM); PLAIN;
MOV_HIGH:
    to = HIGH_RM;
    op = HIGH_RD;
    if (op == 15) ENTER(2, to & ~1u);
    r[op] = op == 13 ? to & ~3u : to;
    PLAIN;
ADD_HIGH:
    to = HIGH_RM;
    op = HIGH_RD;
    if (op == 15) ENTER(2, (pc + 4 + to) & ~1u);
    r[op] = op == 13 ? (r[op] + to) & ~3u : r[op] + to;
    PLAIN;
CMP_HIGH:
    to = HIGH_RM;
    op = HIGH_RD;
    add_with_carry(&f, op == 15 ? pc + 4 : r[op], ~to, 1);
    PLAIN;
BX:
    to = HIGH_RM;
    if (op & 7 || to >> 28 == 15) goto end;
    ENTER(2, to & ~1u);
BLX:
    to = HIGH_RM;
    if (op & 7 || to >> 28 == 15) goto end;
    r[14] = (pc + 2) | 1;
    ENTER(2, to & ~1u);
LDR_LITERAL:
    to = ((pc + 4) & ~3u) + (IMMEDIATE_8 << 2) - code.begin;
    if (to >= code.size) goto end;
    R8 = *(uint32_t *)(code.at + to);
    DONE(2 + xip_wait(cpu->xip, code.begin + to), pc + 2);
LDR_IMMEDIATE: LOAD(uint32_t, RD, RM + (IMMEDIATE_5 << 2));
LDR_REGISTER: LOAD(uint32_t, RD, RM + RN);
LDR_SP: LOAD(uint32_t, R8, r[13] + (IMMEDIATE_8 << 2));
LDRB_IMMEDIATE: LOAD(uint8_t, RD, RM + IMMEDIATE_5);
LDRB_REGISTER: LOAD(uint8_t, RD, RM + RN);
LDRH_IMMEDIATE: LOAD(uint16_t, RD, RM + (IMMEDIATE_5 << 1));
LDRH_REGISTER: LOAD(uint16_t, RD, RM + RN);
LDRSB: LOAD(int8_t, RD, RM + RN);
LDRSH: LOAD(int16_t, RD, RM + RN);
STR_IMMEDIATE: STORE(uint32_t, RD, RM + (IMMEDIATE_5 << 2));
STR_REGISTER: STORE(uint32_t, RD, RM + RN);
STR_SP: STORE(uint32_t, R8, r[13] + (IMMEDIATE_8 << 2));
STRB_IMMEDIATE: STORE(uint8_t, RD, RM + IMMEDIATE_5);
STRB_REGISTER: STORE(uint8_t, RD, RM + RN);
STRH_IMMEDIATE: STORE(uint16_t, RD, RM + (IMMEDIATE_5 << 1));
STRH_REGISTER: STORE(uint16_t, RD, RM + RN);
ADR: R8 = ((pc + 4) & ~3u) + (IMMEDIATE_8 << 2); PLAIN;
ADD_SP: R8 = r[13] + (IMMEDIATE_8 << 2); PLAIN;
SP_UP: r[13] = (r[13] + ((op & 0x7F) << 2)) & ~3u; PLAIN;
SP_DOWN: r[13] = (r[13] - ((op & 0x7F) << 2)) & ~3u; PLAIN;
SXTH: RD = (uint32_t)(int16_t)RM; PLAIN;
SXTB: RD = (uint32_t)(int8_t)RM; PLAIN;
UXTH: RD = RM & 0xFFFF; PLAIN;
UXTB: RD = RM & 0xFF; PLAIN;
REV: RD = __builtin_bswap32(RM); PLAIN;
REV16: to = RM; RD = (to & 0x00FF00FFu) << 8 | (to >> 8 & 0x00FF00FFu); PLAIN;
PUSH: IF_TAKEN(push(cpu, op), pc + 2);
POP: {
    int spent = pop(cpu, op, &to);
    if (!spent) goto end;
    if (op & 0x100) ENTER(spent, to);
    DONE(spent, pc + 2);
}
MULTIPLE: IF_TAKEN(multiple(cpu, op), pc + 2);
B_EQ: BRANCH_IF(f.z == 0);
B_NE: BRANCH_IF(f.z != 0);
B_CS: BRANCH_IF(f.c);
B_CC: BRANCH_IF(!f.c);
B_MI: BRANCH_IF(f.n >> 31);
B_PL: BRANCH_IF(!(f.n >> 31));
B_VS: BRANCH_IF(f.v);
B_VC: BRANCH_IF(!f.v);
B_HI: BRANCH_IF(f.c && f.z != 0);
B_LS: BRANCH_IF(!f.c || f.z == 0);
B_GE: BRANCH_IF(f.n >> 31 == f.v);
B_LT: BRANCH_IF(f.n >> 31 != f.v);
B_GT: BRANCH_IF(f.n >> 31 == f.v && f.z != 0);
B_LE: BRANCH_IF(f.n >> 31 != f.v || f.z == 0);
BRANCH: ENTER(2, pc + 4 + (uint32_t)((int32_t)(op << 21) >> 20));
BRANCH_LINK:
    if (pc + 2 - code.begin >= code.size) goto end;
    if (!wide(cpu, op, *(uint16_t *)(code.at + (pc + 2 - code.begin)), pc, &to)) goto end;
    if (cpu->interrupts_updated) until = pause = 0;
    ENTER(3, to);
CPS:
    if (op != 0xB672 && op != 0xB662) goto end;
    cpu->primask = op == 0xB672;
    if (op == 0xB662) cpu->interrupts_updated = 1, until = pause = 0;
    PLAIN;
HINT:
    if (op == 0xBF00) PLAIN;
UNKNOWN:
end:
    if (executed) {
        r[15] = pc, cpu->now = now;
        cpu->n = f.n, cpu->z = f.z, cpu->c = f.c, cpu->v = f.v;
    }
    if (executed || SILICON) at_clock[0] = clock;
    return executed;
}
