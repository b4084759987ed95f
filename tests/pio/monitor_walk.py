"""Where a width monitor's program counter can be, walked through the program's own words
(datasheet of the RP2040, 3.4: JMP is 000, delay, condition, address; a wrap comes after the last
instruction unless it jumps).
"""

_JMP = 0


def places(programs, begin, wrap):
    """All that a monitor can reach from `begin` while it does not pull."""
    words, seen, ahead = list(programs.block1[0]), set(), [begin]
    while ahead:
        place = ahead.pop()
        if place in seen or place >= programs.PULL_DOWN:
            continue
        seen.add(place)
        word = words[place]
        is_jump, condition = word >> 13 == _JMP, word >> 5 & 7
        if is_jump:
            ahead.append(word & 31)
        if not is_jump or condition:
            ahead.append(programs.LEG_A if place == wrap else place + 1)
    return seen
