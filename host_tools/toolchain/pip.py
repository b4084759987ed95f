"""Installs a lock just as it stands, and says what a failure of pip means.

A lock is closed: what it names is all there is, so pip never resolves. A build would, for what it
builds with: so there are only wheels, and the few packages that have none are built with the
setuptools of requirements.lock.
"""

import platform
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from .cache import Artefact
from .steps import Step, network_environment, python

# No release of these has a wheel.
FROM_SOURCE = ("yattag",)
_OPTIONS = (
    "--no-input",
    "--disable-pip-version-check",
    "--no-compile",
    "--require-hashes",
    # Without this pip resolves again, and older ones (pypa/pip#12345) then want the newest release
    # of what a package asks for with an extra.
    "--no-deps",
    "--only-binary=:all:",
    f"--no-binary={','.join(FROM_SOURCE)}",
    "--no-build-isolation",
    "--use-pep517",
)
# (what pip prints, what to do): the first that fits counts, so a cause stands before what comes of
# it.
_ADVICE = (
    (
        "DO NOT MATCH THE HASHES",
        "these are not the bytes that were locked: do not install them. Empty pip's cache (python3 "
        "-m pip cache purge) and run again; if it is the same, take another mirror "
        "(PIP_INDEX_URL).",
    ),
    (
        "No space left on device",
        (
            "make room on the disk, or set EVENPULSE_CACHE (and TMPDIR) to folders on another, and "
            "run again."
        ),
    ),
    (
        "CERTIFICATE_VERIFY_FAILED",
        "set PIP_CERT to the file of the certificates that this network uses, and run again.",
    ),
    (
        # The last try; one that is followed by another has not failed yet.
        r"Retrying \(Retry\(total=0|"
        r"(?m:^(ERROR|WARNING): (?!Retrying).*(Could not fetch URL|Connection|Proxy|[Tt]imed out|"
        r"HTTP error))",
        "see that the network is there and that pip's own settings are right (PIP_INDEX_URL for a "
        "mirror, PIP_PROXY), and run again.",
    ),
    (
        "different python version|requires a different Python",
        "this release is not for Python {python}: run make with PYTHON=/path/to/another/python3.",
    ),
    (
        "from versions: none",
        "the index has no wheel of this release for Python {python} on {machine}, and it is not "
        "built from source here; or there is nothing at that address. Run make with "
        "PYTHON=/path/to/another/python3, or take another index (PIP_INDEX_URL).",
    ),
    (
        "No matching distribution",
        "this index does not have the release: it was withdrawn, or a mirror is behind. Take "
        "another index (PIP_INDEX_URL), or write {lock} anew as its first lines say.",
    ),
    ("", "read pip's lines above; if they make no sense, run again."),
)


def own() -> list[str | Path]:
    """The pip that this Python brings, in a venv that is there for nothing else: the machine's own
    Python stays as it is.
    """
    inputs = {"python": sys.version, "executable": python()}
    made = Artefact("pip", inputs, _make_own, "venv").get()
    return [made / "venv" / "bin" / "python", "-m", "pip"]


def _make_own(finished: Path) -> None:
    with Step("make a pip of its own", "see that python3 -m venv works.") as step:
        step.run([python(), "-m", "venv", finished / "venv"])


def install(
    pip: Sequence[str | Path], lock: Path, target: Path, builders: Path | None, step: Step
) -> None:
    """What `lock` names, into the folder `target`, with the pip of that command line.
    `builders`: where setuptools is.
    """
    env = network_environment(**({"PYTHONPATH": str(builders)} if builders else {}))
    step.run([*pip, "install", *_OPTIONS, "--target", target, "-r", lock], env=env)


def explain(lock: Path, printed: str) -> tuple[str, str]:
    """(pip's own last error, what to do), from all that it printed when it installed `lock`."""
    errors = re.findall(r"^(?:ERROR|error): (.+)", printed, re.M)
    advice = next(text for pattern, text in _ADVICE if re.search(pattern, printed))
    return (
        errors[-1] if errors else "",
        advice.format(python=platform.python_version(), machine=platform.machine(), lock=lock.name),
    )
