/* A block of _translate.h as a whole: its first check, its ways out, its end. */

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
            unsigned op = size == 4 ? 0x81 : HALF | 0x81;
            at_memory(op, 0, CMP_I, RDX, NO_INDEX, 0, block->offset + at);
            if (size == 4) word((uint32_t)value);
            else byte(value & 0xFF), byte(value >> 8);
        }
        block->stale[block->stales++] = jump_if(IF_NE);
    }
}

/* An access to a word that is no memory, its address in ecx: devices are asked from here. What
 * takes the clocks of memory goes on in the block; after anything else the next one begins. */
static void ask_device(const struct cpu *cpu, const struct block *block, int k)
{
    unsigned load = block->exit[k].load, reg = block->exit[k].reg;
    if (!load) with_field(STORE_32, reg, FIELD(value));
    set_to(RDX, block->exit[k].spent);
    byte(0xE8), word(0); /* call */
    lands(here - 4, load ? made.load : made.store);
    between(TEST_, RAX, RAX);
    uint8_t *not_done = jump_if(IF_LE);
    if (load) with_field(LOAD_32, reg, FIELD(value));
    immediate(CMP_I, RAX, 2);
    lands(jump_if(IF_E), block->exit[k].back);
    with_field(STORE_32, RAX, FIELD(last));
    opcode(SUB_, 1, RAX, 0, RSI), byte(0xC0 | RAX << 3 | RSI);
    opcode(0x83, 1, SUB_I, 0, RSI), byte(0xC0 | SUB_I << 3 | RSI), byte(block->exit[k].spent);
    at_memory(0x83, 1, ADD_I, RBX, NO_INDEX, 0, FIELD(done)), byte(block->exit[k].done + 1);
    find_way(cpu, jump(), block->exit[k].pc + 2);
    lands(not_done, here);
}

/* Jumps when the cache does not hold the word of flash whose distance from its beginning is in
 * eax. */
static uint8_t *jump_unless_cached(void)
{
    move(RCX, RAX), shift(SHR_, RCX, 2);
    with_pointer(LOAD_32, RDX, FIELD(xip));
    at_memory(0x80, 0, CMP_I, RDX, RCX, 0, offsetof(struct xip, present)), byte(0);
    return jump_if(IF_E);
}

/* Leaves the block before the instruction at `pc` when the cache lacks one of these words. */
static void ask_cached(struct block *block, uint32_t pc, uint32_t from, uint32_t end)
{
    int k = -1, sites = 0;
    for (uint32_t at = from, size; at < end; at += size) {
        static const uint64_t all = 0x0101010101010101u;
        uint32_t away = (uint32_t)offsetof(struct xip, present) + at;
        size = end - at >= 8 ? 8 : end - at >= 4 ? 4 : end - at >= 2 ? 2 : 1;
        if (k < 0) with_pointer(LOAD_32, RDX, FIELD(xip));
        if (size == 8) {
            opcode(0xB8, 1, 0, 0, RAX), words(all);
            at_memory(CMP_, 1, RAX, RDX, NO_INDEX, 0, away);
        } else if (size == 4) {
            at_memory(0x81, 0, CMP_I, RDX, NO_INDEX, 0, away), word((uint32_t)all);
        } else if (size == 2) {
            at_memory(HALF | 0x81, 0, CMP_I, RDX, NO_INDEX, 0, away), byte(1), byte(1);
        } else {
            at_memory(0x80, 0, CMP_I, RDX, NO_INDEX, 0, away), byte(1);
        }
        if (k < 0) k = add_exit(block, jump_if(IF_NE), pc), sites = 1;
        else block->exit[k].site[sites++] = jump_if(IF_NE);
        block->exit[k].reason = NOT_CACHED;
        block->fresh = 0;
    }
}

/* Leaves the block before instruction `k` when the cache lacks a word of those that it and what
 * follows need, up to the next branch; before a literal when it lacks that. */
static void check_cached(struct block *block, int k, uint32_t pc)
{
    int kind = block->one[k].kind, begins = !k || is_conditional(block->one[k - 1].kind);
    uint32_t from = (pc - FLASH_BEGIN) >> 2, end = pc;
    if (from < block->cached) from = block->cached;
    if (begins) {
        for (int last = k; last < block->count; last++) {
            end += block->one[last].kind == BRANCH_LINK ? 4 : 2;
            if (is_conditional(block->one[last].kind)) break;
        }
        block->cached = ((end - FLASH_BEGIN) >> 2) + 1;
        ask_cached(block, pc, from, block->cached);
    }
    if (kind == LDR_LITERAL) {
        uint32_t literal = (((pc + 4) & ~3u) + ((block->one[k].op & 0xFF) << 2) - FLASH_BEGIN) >> 2;
        if (literal >= block->cached || literal < (block->begin - FLASH_BEGIN) >> 2)
            ask_cached(block, pc, literal, literal + 1);
    }
}

/* An access that is not to RAM, at ecx: from flash, to a device, or none of both. */
static void access_elsewhere(const struct cpu *cpu, const struct block *block, int k)
{
    unsigned scale = block->exit[k].scale, load = block->exit[k].load;
    uint8_t *not_aligned = NULL, *not_cached = NULL;
    if (scale) shift(ROL_, RCX, scale);
    immediate(ADD_I, RCX, RAM_BEGIN);
    if (scale) {
        between(0xF7, 0, RCX), word((1 << scale) - 1);
        not_aligned = jump_if(IF_NE);
    }
    if (load) {
        at_memory(LEA_, 0, RAX, RCX, NO_INDEX, 0, -FLASH_BEGIN);
        with_field(CMP_MEMORY, RAX, FIELD(flash_bytes));
        uint8_t *not_there = jump_if(IF_AE);
        if (SILICON) not_cached = jump_unless_cached();
        with_pointer(LOAD_32, RDX, FIELD(flash));
        at_memory(load, 0, block->exit[k].reg, RDX, RAX, 0, 0);
        lands(jump(), block->exit[k].back);
        lands(not_there, here);
    }
    if (block->exit[k].is_word) ask_device(cpu, block, k);
    if (not_aligned) lands(not_aligned, here);
    if (not_cached) lands(not_cached, here);
}

/* Where a block is left: on to another, or the interpreter goes on at this instruction. */
static void write_exit(const struct cpu *cpu, const struct block *block, int k)
{
    if (block->exit[k].goes_on) {
        find_way(cpu, block->exit[k].site[0], block->exit[k].pc);
        return;
    }
    for (int site = 0; site < 4; site++)
        if (block->exit[k].site[site])
            lands(block->exit[k].site[site], here);
    if (block->exit[k].back)
        access_elsewhere(cpu, block, k);
    if (block->exit[k].branches) {
        account(block->exit[k].done + 1, block->exit[k].spent + 2, 2);
        find_way(cpu, jump(), block->exit[k].pc);
    } else {
        account(block->exit[k].done, block->exit[k].spent, block->exit[k].last);
        leave_for(block->exit[k].pc, block->exit[k].reason);
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
    tell_site(block->start);
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
    block->done = block->spent = block->last = block->fresh = block->exits = block->cached = 0;
    decode(block, &code, begin);
    if (!block->count)
        return LEFT_ALONE;
    block->start = here;
    int before_last = 0;
    for (int k = 0; k < block->count - 1; k++)
        before_last += block->one[k].clocks - is_conditional(block->one[k].kind);
    check(block, before_last);
    for (uint32_t pc = begin; block->done < block->count; pc += 2) {
        int k = block->done, kind = block->one[k].kind;
        if (SILICON && code.begin == FLASH_BEGIN) check_cached(block, k, pc);
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
    return (uint32_t)(block->start - made.code);
}
