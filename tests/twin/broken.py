"""What a single thing that breaks does to a copy of a running twin, as numbers."""

import rig
from evenpulse.emulator import fork
from evenpulse.faults import every_bit
from stimcore.interlock import CODES

US, MS = 125, 125_000
PERIOD = 10 * MS
NAMES = {code: reason for reason, code in CODES.items()}


def told(twin, since):
    """(reason or "", ms until HV_EN fell, pulses of channel 1 that began, how long the last
    phase was in us), as a plain list.
    """
    pins = {rig.gpio(twin, leg): leg for leg in (*rig.LEGS, "HV_EN")}
    edges = [(clock, pins[pin], level) for clock, pin, level in twin.edges if pin in pins]
    falls = [
        clock for clock, role, level in edges if role == "HV_EN" and not level and clock >= since
    ]
    rise, last = {}, 0
    for clock, role, level in edges:
        if level:
            rise[role] = clock
        elif role != "HV_EN" and clock > since:
            last = clock - rise[role]
    begun = sum(role == "CH1_A" and level and clock > since for clock, role, level in edges)
    reason = NAMES[twin.states[-1][1] >> 8] if twin.state == rig.FAULT else ""
    return [reason, (falls[-1] - since) / MS if falls else None, begun, last / US]


def copies(twin, cases, ms=50):
    """What `told` says of each case, a function that breaks something in its copy, so long after
    it broke.
    """

    def one(name):
        cases[name](twin)
        at = twin.now
        twin.run_ms(ms)
        return told(twin, at)

    return dict(zip(cases, fork.each(list(cases), one, 1), strict=True))


def to_pulse(twin, before_us):
    """Run to so long before channel 1's next pulse but one; its clock."""
    start = every_bit.before_pulse(twin) + PERIOD
    twin.run_to(start - round(before_us * US))
    return start
