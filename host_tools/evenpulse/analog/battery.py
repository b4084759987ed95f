"""What a channel takes from its 5 V: lines for SPICE. Elsewhere the supply is ideal, and what the
converters take is not asked.
"""

import re

from evenpulse.analog.netlist import Circuit
from evenpulse.base.errors import Problem

# What such a boost sags a mA, and what a flyback and a small converter give of what they take:
# estimates, not looked up
OHM = 0.2
_FLYBACK_GIVES, _CONVERTER_GIVES = 0.75, 0.7
_FLY = re.compile(r"^\.subckt FLY .*vset=(\S+)\nB1 gout out I = (.+)$", re.MULTILINE)
_NODES = {"V(en,gin)": "V(hvp,pg)", "V(vin,gin)": "V(vb,pg)", "V(out,gout)": "V(hvr)"}
_OUT_OHM = 1.5
CURRENT = "i(v_vb)"


def lines(circuit: Circuit, volts: float, channels: int) -> tuple[str, ...]:
    """The supply with its resistance; all channels take what this one takes."""
    taken = "max(V(vb,pg),1)"
    fly = f"({_flyback_ampere(circuit)})*V(hvr)/({_FLYBACK_GIVES}*{taken})"
    converter = f"(V(x_dc.x)-V(v5))/{_OUT_OHM}*V(v5)/({_CONVERTER_GIVES}*{taken})"
    return (
        f"V_vb vb0 pg {volts}",
        f"R_vb vb0 vb {OHM}",
        f"B_taken vb pg I = {channels}*({fly}+{converter})",
    )


def _flyback_ampere(circuit: Circuit) -> str:
    """What models.lib has the flyback give, on the nets of the sheet."""
    found = _FLY.search(circuit.models.read_text(encoding="utf-8"))
    if not found:
        raise Problem("models.lib has no FLY that is known here", do_next="see battery.py")
    text = found[2].replace("{vset}", found[1])
    for inside, net in _NODES.items():
        text = text.replace(inside, net)
    return text
