"""What a case of the fault campaign is, from its seed and number: its faults, where, when."""

import random
from dataclasses import dataclass, replace

from evenpulse.faults import judge
from evenpulse.faults.situations import SITUATIONS, STEP_MA
from evenpulse.faults.stages import BY_WEIGHT, RUNNING_STAGE, Stage
from evenpulse.faults.table import DECK, FAULTS, LATENT, Fault


@dataclass(frozen=True)
class Spec:
    """What case `number` is: its faults in order, where, when."""

    faults: tuple[Fault, ...]
    situation: int
    stage: Stage

    @property
    def base(self) -> tuple[str, int]:
        """What it is a copy of: kind, situation."""
        return self.stage.base, self.situation

    @property
    def name(self) -> str:
        return self.faults[-1].name


def spec(seed: int, number: int, alone: bool = False) -> tuple[Spec, random.Random]:
    """They depend on nothing but the arguments. `alone`: one fault, in a running session, as
    with a layer taken away.
    """
    rng = random.Random(f"{seed}:{number}")
    fault, situation = DECK[number % len(DECK)], rng.randrange(len(SITUATIONS))
    if alone or fault not in FAULTS:
        return Spec((fault,), situation, RUNNING_STAGE), rng
    stage = rng.choice([stage for stage in BY_WEIGHT if stage.fits(fault)])
    if stage.base != "running":
        # The program that a device offers after any restart
        situation = 0
    latent = rng.choice([one for one in LATENT if stage.fits(one)])
    double = rng.random() < 0.5 and latent is not fault and latent.name not in fault.not_after
    return Spec((latent, fault) if double else (fault,), situation, stage), rng


def by_hand(one: Spec) -> bool:
    """A hand is at the buttons: what is set then is anybody's."""
    return any(fault.hand for fault in one.faults)


def prescribed(one: Spec, situation: int) -> judge.Prescription:
    """A situation's, with the current that the stage asks for."""
    rx, steps = SITUATIONS[situation].prescription(), one.stage.steps
    if steps is not None:
        rx = replace(rx, set_ua=steps * STEP_MA * 1000, steady=False)
    return replace(rx, set_ua=rx.cap_ua, steady=False) if by_hand(one) else rx
