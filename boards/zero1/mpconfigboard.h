// A Waveshare RP2040-Zero on the one-channel stimulator carrier.
#define MICROPY_HW_BOARD_NAME                   "Evenpulse zero1"
#define MICROPY_HW_USB_PRODUCT_FS_STRING        "Evenpulse zero1"
#include "../mpconfigboard.h"
