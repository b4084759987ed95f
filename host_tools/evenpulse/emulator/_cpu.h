/* What the Thumb core of _thumb.h works on: registers and flags, plain memory, and whom to ask
 * about the rest. */

#include <stddef.h>
#include <stdint.h>

#include "_xip.h"

struct cpu {
    uint32_t *registers;
    uint8_t *rom, *flash, *ram;
    uint32_t flash_bytes, ram_bytes;
    uint32_t n, z, c, v;       /* N is bit 31 of n, Z is z == 0: a result sets both by being kept */
    int primask;
    int interrupts_updated;    /* an instruction may have let an interrupt in */
    /* What translated blocks work on (_translate.h); all that they ask lies in the first bytes. */
    long long left, done;      /* clocks that are left, instructions done */
    uint32_t pc, last, reason; /* where and why blocks were left, clocks of the last instruction */
    uint32_t *places;          /* of blocks made from flash */
    uint8_t *site;             /* the jump that wanted a block which is not made, or a stale block */
    uint32_t value;            /* what a device is told, or has told */
    int failed;                /* a device has raised an exception of Python's */
    int (*load)(struct cpu *, uint32_t address, uint32_t before, long long left);
    int (*store)(struct cpu *, uint32_t address, uint32_t before, long long left);
    long long until;           /* the clock at which nothing is left */
    int translates;            /* blocks may be used at all */
    long long translated;      /* instructions done in blocks */
    long long blocks;          /* that this chip had translated */
    long long now;             /* clock at which the last instruction began */
    /* What is no memory. The clocks that it takes; 0 with nothing done for what is not known; below
     * 0 an exception. */
    int (*read)(struct cpu *, uint32_t address, uint32_t *into, long long clock);
    int (*write)(struct cpu *, uint32_t address, uint32_t value);
    void *owner;
    struct xip *xip;           /* NULL without SILICON */
};

#define ROM_BYTES 0x4000
#define FLASH_BEGIN 0x10000000u
#define RAM_BEGIN 0x20000000u

/* A stretch of memory that instructions come from: the half-word at `pc` is at
 * `at + (pc - begin)`. */
struct code {
    uint8_t *at;
    uint32_t begin, size;
};

static int find_code(const struct cpu *cpu, struct code *code, uint32_t pc)
{
    if (pc - RAM_BEGIN < cpu->ram_bytes)
        *code = (struct code){cpu->ram, RAM_BEGIN, cpu->ram_bytes};
    else if (pc - FLASH_BEGIN < cpu->flash_bytes)
        *code = (struct code){cpu->flash, FLASH_BEGIN, cpu->flash_bytes};
    else if (pc < ROM_BYTES)
        *code = (struct code){cpu->rom, 0, ROM_BYTES};
    else
        return 0;
    return 1;
}

/* Where an aligned write goes, or NULL for what is not plain memory. */
static inline uint8_t *writable(const struct cpu *cpu, uint32_t address, uint32_t size)
{
    if (address & (size - 1) || address - RAM_BEGIN >= cpu->ram_bytes)
        return NULL;
    return cpu->ram + (address - RAM_BEGIN);
}

static inline uint8_t *readable(const struct cpu *cpu, uint32_t address, uint32_t size)
{
    if (address & (size - 1))
        return NULL;
    if (SILICON && address >> 26 == 4) /* the aliases that go past the cache */
        address = FLASH_BEGIN | (address & 0xFFFFFF);
    if (address - RAM_BEGIN < cpu->ram_bytes)
        return cpu->ram + (address - RAM_BEGIN);
    if (address - FLASH_BEGIN < cpu->flash_bytes)
        return cpu->flash + (address - FLASH_BEGIN);
    return address < ROM_BYTES ? cpu->rom + address : NULL;
}
