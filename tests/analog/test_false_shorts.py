"""The comparator for a short looks before a weak current flows. A leg A that is lower than leg B,
by what earlier pulses left on skin and series capacitors, is no short.
"""

from dataclasses import replace

import pytest

from evenpulse.analog import spice
from evenpulse.analog.bench import GAP_S, PHASE_S, line_low, one_pulse
from evenpulse.analog.deck import Load, World, text

# What an op-amp or comparator may be off by, as the builds are drawn
OFFSET_V = 2e-3
# The two in series
_SERIES_UF = 5.0


def lower(volts):
    """Leg A lower than leg B by so much: charge that goes through both series capacitors before the
    pulse begins.
    """
    ma = volts * _SERIES_UF / 150e-6 * 1e-3
    return (f"I_before na nb PULSE(0 {ma:.6g}m 20u 1u 1u 149u 1)",)


def trips(circuit, ma, volts):
    drive = one_pulse(ma / 100, GAP_S, PHASE_S)
    world = World(Load("1 kΩ", 1_000), extra=lower(volts))
    waves = spice.run(text(circuit, drive, world))
    return bool(line_low(waves, "v(shn)").any())


def with_offset(circuit):
    """The two whose offset makes it look as if current flowed."""
    return circuit.with_(
        replace(circuit["X_so"], parameters=f"vos={OFFSET_V}"),
        replace(circuit["X_sc"], parameters=f"vos={-OFFSET_V}"),
    )


@pytest.mark.parametrize("ma", [1, 2.25, 3.3])
def test_a_leg_that_is_lower_is_no_short(circuit, ma):
    """0.06 V is what 2.25 mA at 100 pps leave after 0.7 s in 1 kΩ and dry skin; 0.6 V is what
    3.3 mA at 150 pps leave in 30 kΩ and 200 nF.
    """
    assert not trips(with_offset(circuit), ma, 0.6)


def test_the_circuit_before_took_it_for_one(circuit):
    """Its 30 mV came before an op-amp that cannot give less than 0."""
    before = circuit.with_(
        circuit["R_d2"].on(1, "dref"),
        replace(circuit["R_d5"].on(1, "dref"), value="110k"),
        replace(circuit["R_d6"], nodes=("dref", "0"), value="1k"),
        circuit["X_sc"].on(1, "do"),
    )
    assert trips(before, 2.25, 0.1) and not trips(before, 2.25, 0.03)


def test_an_offset_that_is_too_small_is_used_up_by_the_op_amps(circuit):
    small = circuit.with_(replace(circuit["R_d6"], value="100"))
    assert trips(with_offset(small), 2.25, 0.6)
