"""Which build this is. In a development build (make firmware DEV=1) the toolchain writes other
values here before freezing.

FROZEN: of a development build, what it was frozen from: "path SHA-256" of each source, a line each.
ORDER: its modules, each after those that it imports. `modules`: what hal.overlay takes from the
filesystem instead; a release has no hal.overlay, and mounts nothing.
"""

VERSION = "0.1.0"
DEV = False
FROZEN = ""
ORDER = ""
modules = ()
