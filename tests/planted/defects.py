"""The defects that are planted: each a small change to the firmware that could hurt somebody or
hide something.
"""

from planted.app import APP
from planted.app_rest import APP_REST
from planted.core import CORE
from planted.core_numbers import NUMBERS
from planted.core_rest import REST
from planted.drivers import DRIVERS
from planted.drivers_rest import DRIVERS_REST
from planted.drivers_on_twin import ON_TWIN
from planted.feeding import FEEDING
from planted.row import Defect

_CORE = CORE + REST + NUMBERS
_ABOVE = APP + APP_REST + DRIVERS + DRIVERS_REST + FEEDING + ON_TWIN
DEFECTS: tuple[Defect, ...] = _CORE + _ABOVE
