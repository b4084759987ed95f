# MicroPython's build of the board: the SDK's own definition of a Raspberry Pi Pico.
set(PICO_BOARD "pico")
include(${CMAKE_CURRENT_LIST_DIR}/../mpconfigboard.cmake)
