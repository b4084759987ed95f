"""What every ring shares: which MicroPython port the unit tests run on is said at the top of each run."""

from toolchain import native


def pytest_configure(config):
    config.addinivalue_line("markers", "micropython: a unit test that runs under MicroPython's Unix port")


def pytest_report_header():
    bits = native.unix_bits()
    short = (
        ""
        if bits == 32
        else " (this computer cannot run the 32-bit one: integers are wider than the RP2040's)"
    )
    return f"tests/unit under CPython and under MicroPython's {bits}-bit Unix port{short}"
