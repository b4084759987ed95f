# What is frozen into the firmware of every board, by paths relative to this file. Of the port's own
# modules only rp2.
import os

FIRMWARE = "../firmware"

freeze("$(PORT_DIR)/modules", "rp2.py")
freeze(FIRMWARE if os.path.exists(FIRMWARE + "/_boot.py") else "$(PORT_DIR)/modules", "_boot.py")
if os.path.exists(FIRMWARE + "/main.py"):
    module("main.py", base_path=FIRMWARE)
for name in ("stimcore", "hal", "app"):
    if os.path.isdir(f"{FIRMWARE}/{name}"):
        package(name, base_path=FIRMWARE)
