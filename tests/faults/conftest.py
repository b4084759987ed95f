"""One campaign for the tests of a worker: its sessions are brought to RUNNING once; what a person
accepted before is kept, for all of them.
"""

import kept_flash
import pytest

from evenpulse.base import boards, firmware_files
from evenpulse.connect import bring_up
from evenpulse.faults import situations
from evenpulse.faults.campaign import Campaign
from stimcore import canonical, prescription

_accepted = situations.prescribed_flash


@pytest.fixture(autouse=True, scope="session")
def _accepted_once():
    """The same prescription is accepted once by the same firmware, as in tests/twin/rig.py."""

    def kept(written=None):
        inputs = {
            "prescription": canonical.text(
                prescription.from_toml_dict(written or situations.document())
            ),
            "board": boards.DEFAULT,
            "firmware": firmware_files.folder(boards.DEFAULT).name,
            "by": "situations",
        }
        return kept_flash.of(inputs, bring_up.new().flash, lambda: _accepted(written))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(situations, "prescribed_flash", kept)
        yield


@pytest.fixture(scope="session")
def campaign():
    return Campaign(jobs=2, say=lambda _text: None)
