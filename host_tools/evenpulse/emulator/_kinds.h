/* Which instruction a half-word is, by its upper ten bits: a table small enough to stay in the
 * nearest cache. UNKNOWN is left to the emulator. Kinds that follow each other differ by a field of
 * the half-word. */

#define EACH_KIND(DO) \
    DO(UNKNOWN) \
    DO(LSL_IMMEDIATE) DO(LSR_IMMEDIATE) DO(ASR_IMMEDIATE) \
    DO(ADD_REGISTER) DO(SUB_REGISTER) DO(ADD_3) DO(SUB_3) \
    DO(MOV_8) DO(CMP_8) DO(ADD_8) DO(SUB_8) \
    DO(AND) DO(EOR) DO(LSL) DO(LSR) DO(ASR) DO(ADC) DO(SBC) DO(ROR) \
    DO(TST) DO(NEG) DO(CMP) DO(CMN) DO(ORR) DO(MUL) DO(BIC) DO(MVN) \
    DO(ADD_HIGH) DO(CMP_HIGH) DO(MOV_HIGH) DO(BX) DO(BLX) DO(LDR_LITERAL) \
    DO(STR_REGISTER) DO(STRH_REGISTER) DO(STRB_REGISTER) DO(LDRSB) \
    DO(LDR_REGISTER) DO(LDRH_REGISTER) DO(LDRB_REGISTER) DO(LDRSH) \
    DO(STR_IMMEDIATE) DO(LDR_IMMEDIATE) DO(STRB_IMMEDIATE) DO(LDRB_IMMEDIATE) \
    DO(STRH_IMMEDIATE) DO(LDRH_IMMEDIATE) DO(STR_SP) DO(LDR_SP) \
    DO(ADR) DO(ADD_SP) DO(SP_UP) DO(SP_DOWN) \
    DO(SXTH) DO(SXTB) DO(UXTH) DO(UXTB) \
    DO(PUSH) DO(POP) DO(REV) DO(REV16) DO(CPS) DO(HINT) DO(MULTIPLE) \
    DO(B_EQ) DO(B_NE) DO(B_CS) DO(B_CC) DO(B_MI) DO(B_PL) DO(B_VS) \
    DO(B_VC) DO(B_HI) DO(B_LS) DO(B_GE) DO(B_LT) DO(B_GT) DO(B_LE) \
    DO(BRANCH) DO(BRANCH_LINK)

#define AS_NAME(kind) kind,
enum kind { EACH_KIND(AS_NAME) };

/* SP arithmetic, extension, byte order, PUSH and POP, interrupts off and on, NOP. */
static enum kind miscellaneous_kind(unsigned high, unsigned low)
{
    switch (high) {
    case 0: return low & 2 ? SP_DOWN : SP_UP;
    case 2: return SXTH + low;
    case 4: case 5: return PUSH;
    case 6: return low == 1 ? CPS : UNKNOWN;
    case 10: return low < 2 ? REV + low : UNKNOWN;
    case 12: case 13: return POP;
    case 15: return low == 0 ? HINT : UNKNOWN;
    default: return UNKNOWN;
    }
}

static enum kind kind_of(unsigned ten)
{
    unsigned top = ten >> 6, five = ten >> 5, condition = ten >> 2 & 15;
    if (five < 3) return LSL_IMMEDIATE + five;
    if (five == 3) return ADD_REGISTER + (ten >> 3 & 3);
    if (top <= 3) return MOV_8 + (five & 3);
    if (ten >> 4 == 0x10) return AND + (ten & 15);
    if (ten >> 2 == 0x47) return ten & 2 ? BLX : BX;
    if (ten >> 4 == 0x11) return ADD_HIGH + (ten >> 2 & 3);
    if (five == 9) return LDR_LITERAL;
    if (top == 5) return STR_REGISTER + (ten >> 3 & 7);
    if (top <= 9) return STR_IMMEDIATE + (five - 12);
    if (top == 10) return ADR + (five & 1);
    if (top == 11) return miscellaneous_kind(condition, ten & 3);
    if (top == 12) return MULTIPLE;
    if (top == 13) return condition < 14 ? B_EQ + condition : UNKNOWN;
    if (five == 0x1C) return BRANCH;
    return five == 0x1E ? BRANCH_LINK : UNKNOWN;
}
