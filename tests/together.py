"""Which test files one process takes one after the other: those that start from the same, and
dearly. Every other file goes where there is room, as `--dist loadfile` has it.
"""

import pytest

# Sessions brought to where a fault comes: 36 CPU seconds in one process, 43 each in its own.
_CAMPAIGN = "campaign really_made cluster near_its_end case_told session_length ablation"
TOGETHER = {f"tests/faults/test_{name}.py": "campaign" for name in _CAMPAIGN.split()}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    if config.getoption("dist") != "loadfile":
        return None
    # Late: xdist need not be there
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return TOGETHER.get(file, file)

    return Scheduling(config, log)
