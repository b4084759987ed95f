"""Electrical rules: what must hold of the netlist alone, and of the highest voltage a run has
seen.
"""

import re
from collections import Counter
from collections.abc import Mapping

from evenpulse.analog.netlist import Circuit, Element
from evenpulse.analog.parts import Part

# Nodes that the Pico, the supplies and the body hold; amp is driven by X_im, or by its mean.
OUTSIDE = {"0", "pg", "vb", "v33p", "pa", "pb", "ph", "pm", "ea", "eb"}
# Pins into which no direct current flows.
_HIGH_OHM = {"gate", "inp", "inn", "in", "sel", "en"}
_PULL_MAX_OHM = 1_000_000
_THROUGH_MAX_OHM = 20_000
_RATED = re.compile(r"(?:^|[ ,])(\d+(?:\.\d+)?) (k?)V(?=[, ]|$)")
_ZERO, _RAILS = {"0", "pg"}, {"hv", "hvr", "v5", "v33", "v33p"}
_CHANNEL = re.compile(r"^\.model (\S+) VDMOS\(([np])chan", re.MULTILINE)
# On when nothing drives its gate, and safe so: the bleeder.
_ON_AT_REST = {"M_bl"}
# What a part is used up to.
DERATED = 0.8


def violations(circuit: Circuit) -> list[str]:
    """One line for each net with one pin, each gate or input that nothing holds."""
    uses = Counter(node for element in circuit.elements for node in element.nodes)
    found = [
        f"{element.name} of {element.sheet}: net {node} goes nowhere else"
        for element in circuit.elements
        for node in set(element.nodes)
        if uses[node] == 1 and node not in OUTSIDE
    ]
    found += [
        f"{name}: no resistor holds its {pin}, net {node}"
        for name, pin, node in _inputs(circuit)
        if not _held(circuit, node)
    ]
    found += [
        f"{name}: no pull of at most {_PULL_MAX_OHM:,} ohm at its gate, net {node}"
        for name, pin, node in _inputs(circuit)
        if pin == "gate" and not _pulled(circuit, node)
    ]
    return found + _pulled_on(circuit)


def _pulled_on(circuit: Circuit) -> list[str]:
    """Gates that a resistor pulls to where their transistor is on."""
    channels = dict(_CHANNEL.findall(circuit.models.read_text(encoding="utf-8")))
    found = []
    for element in circuit.elements:
        if element.kind != "M" or element.name in _ON_AT_REST:
            continue
        gate = element.nodes[1]
        on = _RAILS if channels.get(element.value) == "n" else _ZERO
        found += [
            f"{element.name}: {one.name} pulls its gate, net {gate}, to where it is on"
            for one in circuit.elements
            if one.kind == "R" and gate in one.nodes and on & set(one.nodes)
        ]
    return found


def unrated(circuit: Circuit, parts: Mapping[str, Part]) -> list[str]:
    """Parts whose rating names no volts; diodes and ICs have theirs in their kind."""
    return [
        f"{element.name}: its rating in parts.csv names no volts"
        for element in circuit.elements
        if element.kind in "RCQM" and element.name in parts and rated_v(parts[element.name]) is None
    ]


def voltages(circuit: Circuit, parts: Mapping[str, Part], seen_v: Mapping[str, float]) -> list[str]:
    """Parts that saw more than DERATED of their rating; `seen_v`: {part: highest between two
    pins}.
    """
    found = []
    for element in circuit.elements:
        rated = rated_v(parts[element.name]) if element.name in parts else None
        if rated is None or element.kind == "X":
            continue
        if seen_v.get(element.name, 0) > DERATED * rated:
            found.append(
                f"{element.name}: {seen_v[element.name]:.1f} V, {DERATED:.0%} of {rated:g} V is "
                f"the most"
            )
    return found


def rated_v(part: Part) -> float | None:
    """The first voltage of its rating."""
    match = _RATED.search(part.rating)
    return float(match[1]) * (1_000 if match[2] else 1) if match else None


def _inputs(circuit: Circuit) -> list[tuple[str, str, str]]:
    return [
        (element.name, pin, node)
        for element in circuit.elements
        for pin, node in zip(circuit.pins(element), element.nodes)
        if pin in _HIGH_OHM
    ]


def _held(circuit: Circuit, node: str) -> bool:
    """A resistor, a supply or an output of an IC is on it."""
    return node in OUTSIDE or any(_holds(circuit, element, node) for element in circuit.elements)


def _holds(circuit: Circuit, element: Element, node: str) -> bool:
    if element.kind == "R":
        return node in element.nodes
    if element.kind == "X":
        return any(
            one == node and pin in ("out", "outp", "outn")
            for pin, one in zip(circuit.pins(element), element.nodes)
        )
    return element.kind in "QM" and node in (element.nodes[0], element.nodes[2])


def _pulled(circuit: Circuit, node: str) -> bool:
    """A resistor to what is not only a signal; or an op-amp drives it through a small one."""
    resistors = [e for e in circuit.elements if e.kind == "R" and node in e.nodes]
    for resistor in resistors:
        other = next((one for one in resistor.nodes if one != node), node)
        if resistor.number <= _PULL_MAX_OHM and _stiff(circuit, other):
            return True
        if resistor.number <= _THROUGH_MAX_OHM and _driven(circuit, other):
            return True
    return False


def _stiff(circuit: Circuit, node: str) -> bool:
    return node in _ZERO | _RAILS


def _driven(circuit: Circuit, node: str) -> bool:
    """By an op-amp, whose output stands at a rail when its input does."""
    return any(
        element.kind == "X"
        and element.value == "OPA"
        and circuit.pins(element).index("out") == element.nodes.index(node)
        for element in circuit.elements
        if node in element.nodes
    )
