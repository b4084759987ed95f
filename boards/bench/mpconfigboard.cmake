# MicroPython's build of the board: the SDK's own definition of a Raspberry Pi Pico.
set(PICO_BOARD "pico")
set(PICO_PLATFORM "rp2040")
