# Part of _exact.pyx: which instruction a half-word is, by its upper ten bits: a table small enough to stay in the nearest cache.

cdef enum:
    UNKNOWN = 0
    LSL_IMMEDIATE
    LSR_IMMEDIATE
    ASR_IMMEDIATE
    ADD_REGISTER
    SUB_REGISTER
    ADD_3
    SUB_3
    MOV_8
    CMP_8
    ADD_8
    SUB_8
    AND
    EOR
    LSL
    LSR
    ASR
    ADC
    SBC
    ROR
    TST
    NEG
    CMP
    CMN
    ORR
    MUL
    BIC
    MVN
    ADD_HIGH
    CMP_HIGH
    MOV_HIGH
    BX
    BLX
    LDR_LITERAL
    STR_REGISTER
    STRH_REGISTER
    STRB_REGISTER
    LDRSB
    LDR_REGISTER
    LDRH_REGISTER
    LDRB_REGISTER
    LDRSH
    STR_IMMEDIATE
    LDR_IMMEDIATE
    STRB_IMMEDIATE
    LDRB_IMMEDIATE
    STRH_IMMEDIATE
    LDRH_IMMEDIATE
    STR_SP
    LDR_SP
    ADR
    ADD_SP
    SP_UP
    SP_DOWN
    SXTH
    SXTB
    UXTH
    UXTB
    PUSH
    POP
    REV
    REV16
    CPS
    HINT
    MULTIPLE
    B_EQ
    B_NE
    B_CS
    B_CC
    B_MI
    B_PL
    B_VS
    B_VC
    B_HI
    B_LS
    B_GE
    B_LT
    B_GT
    B_LE
    BRANCH
    BRANCH_LINK

cdef unsigned char[1024] KINDS


cdef int kind_of(unsigned int ten):
    """Which instruction begins with these ten bits; UNKNOWN is left to the emulator. Kinds of one line above differ by a field."""
    cdef unsigned int top = ten >> 6, five = ten >> 5
    if five < 3:
        return LSL_IMMEDIATE + five
    if five == 3:
        return ADD_REGISTER + (ten >> 3 & 3)
    if top <= 3:
        return MOV_8 + (five & 3)
    if ten >> 4 == 0x10:
        return AND + (ten & 15)
    if ten >> 2 == 0x47:
        return BLX if ten & 2 else BX
    if ten >> 4 == 0x11:
        return ADD_HIGH + (ten >> 2 & 3)
    if five == 9:
        return LDR_LITERAL
    if top == 5:
        return STR_REGISTER + (ten >> 3 & 7)
    if top <= 9:
        return STR_IMMEDIATE + five - 12
    if top == 10:
        return ADR + (five & 1)
    if top == 11:
        return miscellaneous_kind(ten >> 2 & 15, ten & 3)
    if top == 12:
        return MULTIPLE
    if top == 13:
        return B_EQ + (ten >> 2 & 15) if (ten >> 2 & 15) < 14 else UNKNOWN
    if five == 0x1C:
        return BRANCH
    return BRANCH_LINK if five == 0x1E else UNKNOWN


cdef int miscellaneous_kind(unsigned int high, unsigned int low):
    """SP arithmetic, extension, byte order, PUSH and POP, interrupts off and on, NOP."""
    if high == 0:
        return SP_DOWN if low & 2 else SP_UP
    if high == 2:
        return SXTH + low
    if high == 4 or high == 5:
        return PUSH
    if high == 12 or high == 13:
        return POP
    if high == 10 and low < 2:
        return REV + low
    if high == 6 and low == 1:
        return CPS
    return HINT if high == 15 and low == 0 else UNKNOWN


cdef fill_kinds():
    for ten in range(1024):
        KINDS[ten] = kind_of(ten)


fill_kinds()
