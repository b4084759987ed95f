"""A calibration that a host offers: it changes what flows, so it waits for a person like
everything else that does.
"""

import hashlib

from app.offer import Offer
from stimcore import canonical
from stimcore.acceptance import calibration_pages


class Calibrations(Offer):
    """`device` is app.device.Device, which keeps and uses what is taken."""

    def __init__(self, device):
        super().__init__(
            device, "calibration", "a calibration waits", calibration_pages, self._keep
        )

    def offer(self, wanted):
        """Let one that has been checked wait for the person; what the host is told. Raises
        Refused.
        """
        digest = hashlib.sha256(canonical.text(wanted).encode()).digest().hex()
        return self.let_wait(dict(wanted, sha256=digest))

    def _keep(self, waits):
        wanted = {name: value for name, value in waits.items() if name != "sha256"}
        return (
            ""
            if self._device.calibrate(wanted)
            else "flash did not hold it: the old one stays in force"
        )
