"""The versions this project is built from, with the SHA-256 of each file. Data only."""

from dataclasses import dataclass

SUITE = "trixie"
# Stands for "now" in what is built, so that the same inputs give the same bytes: MicroPython
# 1.25.0's day.
SOURCE_DATE_EPOCH = "1744675200"


@dataclass(frozen=True)
class Pin:
    """A package of Debian's archive; `inside` is the part that goes to `into` in the MicroPython
    tree.
    """

    package: str
    version: str
    sha256: str
    into: str
    inside: str = ""
    leave_out: tuple[str, ...] = ()

    @property
    def is_source(self) -> bool:
        return not self.inside


_PARTS = (
    Pin(
        "mbedtls",
        "3.6.6-0.1~deb13u1",
        "8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a",
        "lib/mbedtls",
        leave_out=("docs", "tests", "programs", "doxygen"),
    ),
    Pin(
        "pico-sdk-source",
        "2.1.1-1",
        "507a3ca37636641bc90239d7c04dc9dc28c5008087a8162102ea94d2273153d3",
        "lib/pico-sdk",
        inside="usr/src/pico-sdk",
    ),
    Pin(
        "tinyusb-source",
        "0.18.0+dfsg-1",
        "01ce2c645df68f14a8a7dcfc8fb355713152543757955820479a87949a61154e",
        "lib/tinyusb",
        inside="usr/src/tinyusb",
    ),
)


@dataclass(frozen=True)
class Release:
    """A MicroPython and what it is built with. `suite` has its package; SUITE has the others."""

    suite: str
    pins: tuple[Pin, ...]


def _micropython(version: str, sha256: str) -> Pin:
    return Pin("micropython", version, sha256, ".", leave_out=("docs", "tests", "logo"))


SHIPPED = "1.25.0"
RELEASES = {
    SHIPPED: Release(
        SUITE,
        (
            _micropython(
                "1.25.0+ds-1", "7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea"
            ),
            *_PARTS,
        ),
    ),
    "1.26.1": Release(
        "sid",
        (
            _micropython(
                "1.26.1+ds-1", "f5ad2ec89d3e921f753d448955af98b6005655f84ba26087dde6ba0e8d062f34"
            ),
            *_PARTS,
        ),
    ),
}
