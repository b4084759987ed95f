# MicroPython's build of the board: the SDK's own definition of a Waveshare RP2040-Zero.
set(PICO_BOARD "waveshare_rp2040_zero")
include(${CMAKE_CURRENT_LIST_DIR}/../mpconfigboard.cmake)
