"""Roles that a board has, in the order that the drivers use. A role that is not in its table is
not fitted.
"""

# From leg A of channel 1 to HV_EN: what the guard's one `set pins` reaches
GUARDED = 5


def guarded(pins):
    """The guarded roles by GPIO, leg A of channel 1 first. What they must be is
    stimcore.board_facts'; KeyError for a gap.
    """
    by_gpio = {pins[role][0]: role for role in pins}
    first = pins["CH1_A"][0]
    return [by_gpio[first + place] for place in range(GUARDED)]


def of_channels(pins, what):
    """GPIOs of a role that each channel has, "A", "AMP" or "SENSE": one a channel that has it."""
    roles = ["CH%d_%s" % (number, what) for number in (1, 2)]
    return [pins[role][0] for role in roles if role in pins]
