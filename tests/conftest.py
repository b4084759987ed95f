"""What every ring shares: at the top of a run, how long it takes and which MicroPython port the unit tests run on."""

import costs
import gate.plugin
from toolchain import native


def pytest_addoption(parser):
    gate.plugin.pytest_addoption(parser)
    costs.add_options(parser)


def pytest_configure(config):
    config.pluginmanager.register(costs.Costs(config), "costs")
    config.addinivalue_line("markers", "micropython: a unit test that runs under MicroPython's Unix port")


def pytest_report_header():
    bits = native.unix_bits()
    short = (
        ""
        if bits == 32
        else " (this computer cannot run the 32-bit one: integers are wider than the RP2040's)"
    )
    return f"tests/unit under CPython and under MicroPython's {bits}-bit Unix port{short}"
