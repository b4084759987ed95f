"""The demo: a prescribed session on the emulated device, from configuring it to reading its
journal, measured at the pins.
"""
