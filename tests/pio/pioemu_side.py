"""The other second opinion: rp2040-pio-emulator (`pioemu`), one machine at a time, our Config
and words.
"""

from collections import deque

import pioemu


def clocked_pins(
    opcodes, config, words=(), *, clocks, levels=0, directions=0, inputs=None, receive_always=False
):
    """[(clock, levels, directions)] of start and changes. `inputs`: function from clock to 32
    levels.
    """
    states = _states(opcodes, config, words, clocks, levels, directions, inputs, receive_always)
    return _changes(states, levels, directions)


def clocked_pins_and_requests(opcodes, config, *, clocks, inputs):
    """The same; and [(clock from which it is in the FIFO, word)] of each push, where the FIFO is
    emptied always.
    """
    states = _states(opcodes, config, (), clocks, 0, 0, inputs, receive_always=True)
    asked, seen = [], []
    for before, after in states:
        seen.append((before, after))
        # Now: what it holds is taken out before the next instruction
        if after.receive_fifo:
            asked.append((before.clock + 1, after.receive_fifo[-1]))
    return _changes(seen, 0, 0), asked


def _changes(states, levels, directions):
    trace = [(0, levels, directions)]
    for before, after in states:
        if (after.pin_values, after.pin_directions) != trace[-1][1:]:
            # The state's clock has moved past the delay cycles: pins change one clock after the
            # instruction began.
            trace.append((before.clock + 1, after.pin_values, after.pin_directions))
    return trace


def _states(opcodes, config, words, clocks, levels, directions, inputs, receive_always):
    """(before, after) of each instruction."""
    options = {"input_source": _annotated(inputs)} if inputs else {}
    state = pioemu.State(
        program_counter=config.start_pc,
        pin_values=levels,
        pin_directions=directions,
        transmit_fifo=deque(words),
        x_register=config.x,
        y_register=config.y,
    )
    # As our Block: `jmp 0` behind the program
    opcodes = list(opcodes) + [0] * (32 - len(opcodes))
    return pioemu.emulate(
        opcodes,
        stop_when=_at(clocks, receive_always),
        initial_state=state,
        **_settings(config),
        **options,
    )


def trace_of(block, clocks):
    """A run of our own Block in the same form, from wherever its pins are."""
    at = [block.levels, block.directions]
    steps = {block.clock: tuple(at)}
    for edge in block.run(clocks):
        for register, value in enumerate((edge.level, edge.oe)):
            at[register] = at[register] & ~(1 << edge.pin) | value << edge.pin
        steps[edge.clock] = tuple(at)
    return [(clock, *pins) for clock, pins in steps.items()]


def _at(clocks, receive_always):
    def stop(_opcode, state):
        if receive_always:
            state.receive_fifo.clear()
        return state.clock >= clocks

    return stop


def _annotated(inputs):
    # pioemu looks at the annotation to see what to pass
    def source(clock: int) -> int:
        return inputs(clock)

    return source


def _settings(config):
    return {
        "auto_pull": config.autopull,
        "auto_push": config.autopush,
        "pull_threshold": config.pull_threshold,
        "push_threshold": config.push_threshold,
        "shift_isr_right": config.in_right,
        "shift_osr_right": config.out_right,
        "out_base": config.out_base,
        "out_count": config.out_count,
        "set_base": config.set_base,
        "set_count": config.set_count,
        "side_set_base": config.side_base,
        "side_set_count": config.side_count,
        "jmp_pin": config.jmp_pin,
        "wrap_target": config.wrap_bottom,
        "wrap_top": config.wrap_top,
    }
