// A bare Raspberry Pi Pico, for work on timing.
#define MICROPY_HW_BOARD_NAME                   "Evenpulse bench"
#define MICROPY_HW_USB_PRODUCT_FS_STRING        "Evenpulse bench"
#include "../mpconfigboard.h"
