"""The programs of both PIO blocks.

Block 0: dead-man (SM2), pulse machine (SM0, SM1), guard (SM3). One program, all 32 instructions.
Where they lie counts: memory that cannot be read back may have a flipped bit for a round, and from
the loop of phase A, place 10, no flipped bit of its target leads past `set(pins, 0)` into the gap,
which would be a phase A too short with good samples of both.

Levels and directions are kept apart: the pulse machine writes levels of its own two legs and
nothing else; directions go on at `arm` and off at `trip`, nowhere else. No word can make a leg
outlast its 16-bit field, put both legs high, or make phase B differ from phase A.
firmware/TIMING.md derives the clock counts in the margin.

Block 1: a width monitor for each leg (SM0 CH1_A, SM1 CH1_B, SM2 CH2_A, SM3 CH2_B); those of the A
legs also ask for a sample of the current in each phase. An instruction is 25 clocks, 0.2 us; pulses
lie on whole us, so every pulse meets the same grid.
"""

import rp2


@rp2.asm_pio(sideset_init=rp2.PIO.OUT_LOW, out_shiftdir=rp2.PIO.SHIFT_RIGHT)
def block0():
    # --- dead-man: one turn of 4 instructions is 1 ms ------------------------------------------
    label("deadman")
    mov(x, y)
    pull(noblock)  # ................ no word: OSR = X, the count goes on
    out(y, 6)  # .................... 6 bits: no reload can be longer than 63 turns
    jmp(y_dec, "deadman")
    jmp("trip")
    # --- pulse machine: a pulse word, a rest word, a settle word, again -------------------------
    label("trig")
    wait(1, pin, 0)  # .............. TRIG_IN; the machine starts here only when a trigger starts it
    wrap_target()
    pull(block)  # .................. 1   pulse word; out of words: stalls here, both legs low
    out(y, 16)  # ................... 1   phase count, kept in Y and used twice
    mov(x, y)  # .................... 1
    set(pins, 1).side(1)  # ......... 1   phase A begins
    label("phase_a")
    jmp(x_dec, "phase_a")  # ........ Y+1
    set(pins, 0).side(0)  # ......... 1   phase A ends Y+2 clocks after it began
    out(x, 16)  # ................... 1   gap count; meters._stored writes this and the next
    label("gap")
    jmp(x_dec, "gap")  # ............ G+1
    mov(x, y)  # .................... 1
    set(pins, 2)  # ................. 1   phase B begins G+4 clocks after phase A ended
    label("phase_b")
    jmp(x_dec, "phase_b")  # ........ Y+1
    set(pins, 0)  # ................. 1   phase B ends Y+2 clocks after it began
    label("start")
    pull(block)  # .................. 1   rest word; out of words: stalls here, both legs low
    mov(x, osr)  # .................. 1
    label("rest")
    jmp(x_dec, "rest")  # ........... R+1
    # DMA takes this as: latch the amplitude now; its filter settles until the pulse
    push(noblock)  # ................ 1
    pull(block)  # .................. 1   settle word
    mov(x, osr)  # .................. 1
    label("settle")
    jmp(x_dec, "settle")  # ......... S+1
    wrap()
    # --- guard ---------------------------------------------------------------------------------
    label("arm")
    set(pins, 16)  # ................ HV_EN on, legs low
    set(pindirs, 31)
    wait(0, pin, 0)  # .............. INTERLOCK_N
    label("trip")
    set(pins, 0)
    set(pindirs, 0)
    irq(0)
    label("off")
    jmp("off")  # ................... latched: only a restart from `arm` leaves it


# Addresses inside block0.
DEADMAN = 0
# This bit of its address is set from `jmp("trip")` on, and never before
DEADMAN_RUNS_MASK = 4
TRIG = 5
WRAP_TARGET = 6
START = 18
WRAP = 24
ARM = 25
GUARD_WAITS = 27
TRIP = 28
OFF = 31


@rp2.asm_pio(
    set_init=rp2.PIO.OUT_LOW, out_shiftdir=rp2.PIO.SHIFT_RIGHT, in_shiftdir=rp2.PIO.SHIFT_LEFT
)
def block1():
    # --- leg A: Y holds five fields: sample delay 5, ADC input 2, width 9, gap 9, ADC input 2 -----
    wrap_target()
    wait(1, pin, 0)  # .............. leg A goes high
    mov(osr, y)
    out(x, 5)
    label("delay")
    jmp(x_dec, "delay")[4]  # ....... 1 us a turn
    out(isr, 2)
    in_(null, 9)[1]
    in_(x, 3)  # .................... three ones: X counted down beyond 0
    # ISR is a word for ADC CS: enabled, temperature sensor on, start once, this input
    push(noblock)
    out(x, 9)
    label("high")
    # Low: goes on below; a machine that measures phase A alone wraps here
    jmp(pin, "still")
    out(x, 9)
    label("gap")
    jmp(pin, "pull_down")  # ........ leg A high again before phase B
    jmp(x_dec, "gap")[3]  # ......... 1 us a turn
    out(isr, 2)
    in_(null, 9)[1]
    in_(x, 3)
    push(noblock)  # ................ the same delay after phase B began
    wrap()
    # --- leg B: Y holds the width ----------------------------------------------------------------
    label("leg_b")
    wait(1, pin, 0)  # .............. leg B goes high
    irq(rel(0))  # .................. the CPU looks whether phase A has been measured
    mov(x, y)
    label("b")
    jmp(pin, "pull_down")  # ........ leg A is high too
    jmp(x_dec, "b")[3]  # ........... 1 us a turn
    mov(isr, null)
    in_(pins, 1)
    mov(x, isr)
    jmp(not_x, "leg_b")  # .......... low in time
    jmp("pull_down")
    # --- too long ---------------------------------------------------------------------------------
    label("still")
    jmp(x_dec, "high")[3]  # ........ 1 us a turn
    label("pull_down")
    set(pindirs, 1)  # .............. INTERLOCK_N is an output now, and its level is 0
    irq(0)  # ....................... the CPU cuts too: the line may be stuck (hal/pulled.py)
    label("pulled")
    jmp("pulled")
    jmp("pull_down")  # .............. nobody comes here, but who has left the program


# Addresses inside block1.
LEG_A = 0
LEG_A_PHASE_A_WRAP = 9
LEG_A_WRAP = 16
LEG_B = 17
STILL = 27
PULL_DOWN = 28
PULLED = 30
# Bit n: a monitor that has not pulled may be at place n
LEG_A_PLACES = (1 << LEG_B) - 1 | 1 << STILL
LEG_B_PLACES = (1 << STILL) - (1 << LEG_B)
