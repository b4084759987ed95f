"""First code after every reset, hard or soft. Importing `hal.safe` switches every output off. No filesystem is mounted:
nothing but frozen code runs, unless a person asks for service mode.
"""

import hal.safe
