"""A fault that is really made on the chip, as a case of the campaign."""

import dataclasses

from evenpulse.faults import case as cases, case_spec, table
from evenpulse.faults.case_spec import spec
from evenpulse.faults.stages import STAGES

SEED = 7


def one_case(campaign, monkeypatch, fault, stage=STAGES[0], situation=0):
    """The one case of this fault in this stage and situation."""
    monkeypatch.setattr(case_spec, "DECK", (fault,))
    monkeypatch.setattr(case_spec, "FAULTS", (fault,))
    monkeypatch.setattr(case_spec, "LATENT", (fault,))
    monkeypatch.setattr(case_spec, "BY_WEIGHT", (stage,))
    number = next(n for n in range(1_000) if spec(SEED, n)[0].situation == situation)
    [told] = campaign.run(SEED, [number])
    assert told["stage"] == stage.name and told["after"] is None
    return told


def two_faults(monkeypatch, latent, acute):
    """Case 0 is these two in a running session."""
    monkeypatch.setattr(
        cases,
        "spec",
        lambda seed, number, alone=False: (
            dataclasses.replace(
                spec(seed, number)[0], faults=(latent, acute), situation=0, stage=STAGES[0]
            ),
            spec(seed, number)[1],
        ),
    )
    monkeypatch.setattr("evenpulse.faults.campaign.spec", cases.spec)


def named_fault(name):
    return next(fault for fault in table.FAULTS if fault.name == name)


def unsafe_kinds(told):
    return {finding["kind"] for finding in told["unsafe"]}
