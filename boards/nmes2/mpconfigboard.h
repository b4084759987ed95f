// MicroPython's view of the board: a Raspberry Pi Pico (RP2040, 2 MB flash) on the two-channel stimulator carrier.
#define MICROPY_HW_BOARD_NAME                   "Evenpulse nmes2"
#define MICROPY_HW_USB_MANUFACTURER_STRING      "Evenpulse"
#define MICROPY_HW_USB_PRODUCT_FS_STRING        "Evenpulse nmes2"

// The second half of flash is storage, 0x100000 to 0x200000; the firmware must fit in the first.
#define MICROPY_HW_FLASH_STORAGE_BYTES          (1024 * 1024)

// One core, no radio: the firmware uses neither the second core nor a network.
#define MICROPY_PY_THREAD                       (0)
#define MICROPY_PY_NETWORK                      (0)
#define MICROPY_PY_BLUETOOTH                    (0)
