// A Raspberry Pi Pico on the two-channel stimulator carrier.
#define MICROPY_HW_BOARD_NAME                   "Evenpulse nmes2"
#define MICROPY_HW_USB_PRODUCT_FS_STRING        "Evenpulse nmes2"
#include "../mpconfigboard.h"
