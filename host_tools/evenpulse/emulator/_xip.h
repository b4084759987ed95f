/* What instructions cost on silicon beyond what the emulator's core counts: ARM's own figures, and
 * the cache before flash. SILICON is 1 where this is asked for (_silicon.pyx), else 0: then all of
 * it folds away. silicon.py says the same in Python, with the sources.
 *
 * The cache holds words of 4 bytes, two to a line: a miss reads one word, the other half of its
 * line stays as it was. A word that is there costs nothing and changes nothing, so whoever has seen
 * that words are there may run on them as often as it likes. */

#ifndef SILICON
#define SILICON 0
#endif

enum { XIP_SETS = 1024, XIP_WORDS = 1 << 22 };
/* PUSH of LR counts as a register, and so does POP of PC: the emulator's core forgets both. */
enum { LR_CLOCKS = SILICON, PC_CLOCKS = 2 + SILICON };

struct xip {
    uint8_t present[XIP_WORDS];      /* of each word of flash: 1 or 0 */
    uint32_t line[XIP_SETS][2];      /* number of the line that lies in each way, plus 1; or 0 */
    uint16_t dice[XIP_SETS];         /* shift registers: which way is filled next; 0: not begun */
    uint32_t layout;                 /* 0: as linked; else another order, see xip_set */
    int miss_clocks, is_off;
};

/* In another order the 16 stretches of 512 bytes of each 8 kB change places: so these still have a
 * set for each of their lines, as code has that is linked in one piece. */
static uint32_t xip_set(const struct xip *xip, uint32_t line)
{
    uint32_t mixed = (line >> 10) * 2654435761u + xip->layout * 2246822519u;
    if (!xip->layout)
        return line % XIP_SETS;
    mixed = (mixed ^ mixed >> 15) * 3266489917u;
    return ((line >> 6) * (mixed >> 28 | 1) + (mixed >> 24) & 15) << 6 | (line & 63);
}

/* Each set has a shift register of its own: so it matters to none when others are filled. */
static uint32_t xip_way(struct xip *xip, uint32_t set)
{
    uint32_t dice = xip->dice[set] ? xip->dice[set] : (set + 1) * 40503u & 0xFFFF;
    xip->dice[set] = dice << 1 | ((dice >> 10 ^ dice >> 12 ^ dice >> 13 ^ dice >> 15) & 1);
    return xip->dice[set] & 1;
}

static void xip_fill(struct xip *xip, uint32_t word)
{
    uint32_t line = word >> 1, set = xip_set(xip, line), *way = xip->line[set];
    if (xip->is_off)
        return;
    if (way[0] != line + 1 && way[1] != line + 1) {
        way += xip_way(xip, set);
        if (*way)
            xip->present[2 * (*way - 1)] = xip->present[2 * (*way - 1) + 1] = 0;
        *way = line + 1;
    }
    xip->present[word] = 1;
}

/* The clocks that reading a word at the address waits; 0 for what is no flash. The upper bits of
 * the address say whether the cache is asked (0x12 and 0x13: it is not) and filled (0x11 and 0x13:
 * it is not). */
static inline int xip_wait(struct xip *xip, uint32_t address)
{
    uint32_t word = address >> 2 & (XIP_WORDS - 1);
    if (!SILICON || address >> 26 != 4 || (!(address >> 25 & 1) && xip->present[word]))
        return 0;
    if (!(address >> 24 & 1))
        xip_fill(xip, word);
    return xip->miss_clocks;
}

/* The same for an instruction: the word or the words in which it lies, and the one of the half-word
 * after it, which the core has fetched before it knows whether it goes there. */
static inline int fetch_wait(struct xip *xip, uint32_t pc, uint32_t op)
{
    uint32_t next = pc + (op >= 0xE800 ? 4 : 2);
    int spent = xip_wait(xip, pc);
    return (pc ^ next) & ~3u ? spent + xip_wait(xip, next) : spent;
}

static void xip_flush(struct xip *xip)
{
    for (int set = 0; set < XIP_SETS; set++)
        for (int way = 0; way < 2; way++)
            if (xip->line[set][way]) {
                uint32_t first = 2 * (xip->line[set][way] - 1);
                xip->present[first] = xip->present[first + 1] = 0;
                xip->line[set][way] = 0;
            }
}
