"""Debian's Chromium, as `make test-web` and `make web-figures` start it."""

EXECUTABLE = "/usr/bin/chromium"
# What is waited for comes in no time, or never: a hang is told as one
WAIT_MS = 60_000


def launched(driver, *more):
    """A browser. Its own sandbox needs rights that a container does not give; the page is ours."""
    return driver.chromium.launch(executable_path=EXECUTABLE, args=["--no-sandbox", *more])
