"""First code after every reset, hard or soft. Importing `hal.safe` switches every output off. No
filesystem is mounted: nothing but frozen code runs, unless a person asked for service mode.
"""

import hal.safe
from hal import service

if service.active():
    # A soft reset does not leave it: mpremote makes one before each command
    service.enter()
else:
    from hal import chip

    chip.end_soft_reset()
