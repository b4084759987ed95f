/* Stretches of Thumb code, translated into the host's own: what the interpreter of _thumb.h does in
 * some twenty host clocks an instruction is done in two.
 *
 * A block runs as a whole or not at all: it looks first whether all of it begins before the clock
 * that it may run to, and whether memory still holds what it was made from, so that nobody has to
 * tell who writes to code. What is no plain memory, and what is rare, it leaves to the interpreter,
 * with all that came before it done. So both are one core: same effects, same clocks. Where the
 * host is none that is known here, or gives no memory to run, the interpreter does all.
 *
 * On silicon's time a block asks whether the cache holds its words, a stretch up to a branch at a
 * time, and leaves all else to the interpreter: so blocks never wait.
 *
 * Blocks hold no address of a chip: all chips of a process share them. */

#if defined(__x86_64__) && defined(__unix__)
#include <sys/mman.h>
#include "_emit.h"

#define MOST_FLASH_BYTES (16u << 20)
#define CODE_BYTES (32u << 20)
#define BLOCK_ROOM 16384
/* In the table: below HOT so often seen, LEFT_ALONE nothing to translate, above it where. */
enum { HOT = 12, LEFT_ALONE = 63 };
/* Of one block: clocks and instructions are added as signed bytes. */
enum { MOST_INSTRUCTIONS = 32, MOST_CLOCKS = 127, MOST_EXITS = 2 * MOST_INSTRUCTIONS + 1 };
/* Why blocks are left. */
enum { FOR_INTERPRETER, NOT_MADE, STALE, TOO_LATE, NOT_CACHED };

static struct {
    uint8_t *code, *end;         /* NULL: not tried yet, MAP_FAILED: not to be had */
    uint32_t *flash, *ram, *rom; /* for each half-word of a region */
    uint8_t *first, *leave;      /* where blocks begin; the way back to C */
    uint8_t *leave_not_made;     /* the same from a jump to an address that was worked out */
    uint8_t *load, *store;       /* the ways to devices */
    uint8_t *rare;               /* where that goes which seldom runs: the rest lies close */
    void (*enter)(struct cpu *, void *block);
    uint32_t ram_bytes;
} made;

struct block {
    uint32_t begin, end;        /* addresses */
    uint32_t field, offset;     /* the region's pointer in struct cpu, and where in the region */
    const uint8_t *bytes;
    uint8_t *start;             /* in made.code */
    int count;
    int done, spent, last;      /* instructions and clocks so far, clocks of the last one */
    int is_ram;
    uint8_t *too_late, *stale[MOST_INSTRUCTIONS];
    int stales;
    int fresh;                  /* host flags are those of the last ADD_ or SUB_, or 0 */
    uint32_t cached;            /* SILICON: words below it have been seen in the cache */
    struct { uint16_t op, low; uint8_t kind, clocks, live; } one[MOST_INSTRUCTIONS];
    int exits;
    struct {
        uint8_t *site[4], *back;    /* jumps that come here, where a load from flash goes back to */
        int done, spent, last;
        int goes_on, branches;      /* to a block, by a branch; else the interpreter goes on */
        int reason;                 /* which then is told why */
        unsigned load, reg, scale;  /* an access: what loads from flash, or 0 for a store */
        int is_word;
        uint32_t pc;
    } exit[MOST_EXITS];
};

/* The place in the tables of an address, or NULL where no code is. */
static uint32_t *place_of(const struct cpu *cpu, uint32_t pc)
{
    if (pc - FLASH_BEGIN < cpu->flash_bytes)
        return made.flash + (pc - FLASH_BEGIN) / 2;
    if (pc - RAM_BEGIN < cpu->ram_bytes)
        return made.ram + (pc - RAM_BEGIN) / 2;
    return pc < ROM_BYTES ? made.rom + pc / 2 : NULL;
}

#include "_decode.h"
#include "_block.h"
#include "_access.h"
#include "_finish.h"

/* Devices from within a block: the clocks that it takes, or 0 for what the interpreter has to do.
 * The block has begun with `left` clocks left, `before` of which are gone. */
static int load_from_device(struct cpu *cpu, uint32_t address, uint32_t before, long long left)
{
    int spent = cpu->read(cpu, address, &cpu->value, cpu->until - left + before);
    cpu->failed = spent < 0;
    return spent;
}

static int store_to_device(struct cpu *cpu, uint32_t address, uint32_t before, long long left)
{
    int spent = cpu->write(cpu, address, cpu->value);
    (void)before, (void)left;
    cpu->failed = spent < 0;
    return spent;
}

/* Calls one of them: address in ecx, `before` in edx; leaves the clocks in eax. */
static uint8_t *write_way_to_device(uint32_t function)
{
    static const uint8_t saved[] = {8, 9, 10, 11, RDI, RSI};
    uint8_t *way = here;
    for (int k = 0; k < 6; k++)
        byte(0x40 | saved[k] >> 3), byte(0x50 | (saved[k] & 7));
    move(RAX, RCX);
    opcode(STORE_32, 1, RSI, 0, RCX), byte(0xC0 | RSI << 3 | RCX);
    move(RSI, RAX);
    opcode(STORE_32, 1, RBX, 0, RDI), byte(0xC0 | RBX << 3 | RDI);
    at_memory(0xFF, 0, 2, RBX, NO_INDEX, 0, function);
    for (int k = 5; k >= 0; k--)
        byte(0x40 | saved[k] >> 3), byte(0x58 | (saved[k] & 7));
    byte(0xC3);
    return way;
}

static void *pages(size_t bytes, int how)
{
    return mmap(NULL, bytes, how, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

/* Blocks begin after the way in and the way out. */
static void write_way_in_and_out(void)
{
    static const uint8_t saved[] = {RBX, RBP, 12, 13, 14, 15};
    here = made.code;
    made.enter = (void (*)(struct cpu *, void *))here;
    for (int k = 0; k < 6; k++)
        byte(0x40 | saved[k] >> 3), byte(0x50 | (saved[k] & 7));
    byte(0x48), byte(0x89), byte(0xFB); /* mov rbx, rdi */
    byte(0x48), byte(0x89), byte(0xF0); /* mov rax, rsi */
    with_pointer(LOAD_32, RDX, FIELD(registers));
    for (unsigned n = 0; n < 8; n++)
        at_memory(LOAD_32, 0, HOST(n), RDX, NO_INDEX, 0, 4 * n);
    at_memory(LOAD_32, 0, RBP, RDX, NO_INDEX, 0, 4 * 13);
    with_pointer(LOAD_32, RDI, FIELD(ram));
    with_pointer(LOAD_32, RSI, FIELD(left));
    byte(0xFF), byte(0xE0); /* jmp rax */
    made.leave = here;
    with_pointer(LOAD_32, RDX, FIELD(registers));
    for (unsigned n = 0; n < 8; n++)
        at_memory(STORE_32, 0, HOST(n), RDX, NO_INDEX, 0, 4 * n);
    at_memory(STORE_32, 0, RBP, RDX, NO_INDEX, 0, 4 * 13);
    with_pointer(STORE_32, RSI, FIELD(left));
    for (int k = 5; k >= 0; k--)
        byte(0x40 | saved[k] >> 3), byte(0x58 | (saved[k] & 7));
    byte(0xC3);
    made.leave_not_made = here;
    at_memory(0xC7, 1, 0, RBX, NO_INDEX, 0, FIELD(site)), word(0);
    field_to(FIELD(reason), NOT_MADE);
    lands(jump(), made.leave);
    made.load = write_way_to_device(FIELD(load));
    made.store = write_way_to_device(FIELD(store));
    made.first = here;
}

/* Whether there are blocks for this chip; from now on, where the host gives memory to run. */
static int can_translate(struct cpu *cpu)
{
    if (!made.code) {
        made.ram_bytes = cpu->ram_bytes;
        made.flash = pages(2 * MOST_FLASH_BYTES, PROT_READ | PROT_WRITE);
        made.ram = pages(2 * (cpu->ram_bytes + ROM_BYTES), PROT_READ | PROT_WRITE);
        made.code = pages(CODE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC);
        if (made.flash == MAP_FAILED || made.ram == MAP_FAILED)
            made.code = MAP_FAILED;
        made.rom = made.ram + cpu->ram_bytes / 2;
        if (made.code != MAP_FAILED) {
            write_way_in_and_out();
            made.end = made.code + CODE_BYTES / 2;
            made.rare = made.end;
        }
    }
    cpu->places = made.flash;
    cpu->load = load_from_device, cpu->store = store_to_device;
    return made.code != MAP_FAILED && cpu->ram_bytes == made.ram_bytes
        && cpu->flash_bytes <= MOST_FLASH_BYTES;
}

static void forget_all(struct cpu *cpu)
{
    cpu->site = NULL;
    madvise(made.flash, 2 * MOST_FLASH_BYTES, MADV_DONTNEED);
    madvise(made.ram, 2 * (made.ram_bytes + ROM_BYTES), MADV_DONTNEED);
    here = made.first, made.rare = made.end;
}

/* Where the block at an address begins, or NULL: too seldom seen, or nothing to translate. */
static uint8_t *block_at(struct cpu *cpu, uint32_t pc)
{
    uint32_t *place = place_of(cpu, pc);
    if (!place || *place == LEFT_ALONE)
        return NULL;
    if (*place < HOT) {
        ++*place;
        return NULL;
    }
    if (*place == HOT) {
        if (made.end - here < BLOCK_ROOM || made.code + CODE_BYTES - made.rare < BLOCK_ROOM)
            forget_all(cpu);
        *place = translate(cpu, pc);
        cpu->blocks++;
        if (*place == LEFT_ALONE)
            return NULL;
    }
    return made.code + *place;
}

/* Runs blocks from `pc` on while there are any; then the next instruction is the interpreter's.
 * Moves `pc` and `clock` on, and `now` and `executed` as it does; the result is until when nothing
 * need be asked again. */
static long long run_blocks(
    struct cpu *cpu, uint8_t *block, uint32_t *pc, long long *clock, long long until,
    long long *now, long long *executed)
{
    cpu->left = until - *clock, cpu->until = until;
    cpu->done = 0;
    do {
        made.enter(cpu, block);
        *pc = cpu->pc;
        if (cpu->reason != STALE && cpu->reason != NOT_MADE)
            break;
        uint32_t *place = place_of(cpu, *pc);
        if (cpu->reason == STALE && made.code + *place == cpu->site)
            *place = HOT;
        block = block_at(cpu, *pc);
        if (block && cpu->site) {
            /* Blocks that go on to the one that is stale reach the new one from there. */
            if (cpu->reason == STALE) *cpu->site++ = 0xE9;
            lands(cpu->site, block);
        }
    } while (block);
    *clock = until - cpu->left;
    if (cpu->done) {
        *executed += cpu->done;
        cpu->translated += cpu->done;
        *now = *clock - cpu->last;
    }
    /* From a word that is not cached on, one by one up to the next branch. */
    return cpu->reason == TOO_LATE || cpu->reason == NOT_CACHED ? until : *clock + 1;
}

#else

static int can_translate(struct cpu *cpu) { return 0; }

static uint8_t *block_at(struct cpu *cpu, uint32_t pc) { return NULL; }

static long long run_blocks(
    struct cpu *cpu, uint8_t *block, uint32_t *pc, long long *clock, long long until,
    long long *now, long long *executed)
{
    return until;
}

#endif
