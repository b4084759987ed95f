// MicroPython's view of every board: an RP2040 with 2 MB of flash. A board's own file has its names, then includes this.
#define MICROPY_HW_USB_MANUFACTURER_STRING      "Evenpulse"

// The second half of flash is storage, 0x100000 to 0x200000; the firmware must fit in the first.
#define MICROPY_HW_FLASH_STORAGE_BYTES          (1024 * 1024)

// One core, no radio: the firmware uses neither the second core nor a network.
#define MICROPY_PY_THREAD                       (0)
#define MICROPY_PY_NETWORK                      (0)
#define MICROPY_PY_BLUETOOTH                    (0)

// Attributes are found by a cache of where their names lie, one byte each. A round of therapy asks for more names than the
// 64 that the default of 128 bytes tells apart (names fall on every second one): its CPU time falls by a tenth.
#define MICROPY_OPT_MAP_LOOKUP_CACHE_SIZE       (1024)
