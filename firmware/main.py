"""Evenpulse: wires board, drivers and app, and is the only place that catches an exception."""

import micropython

# From the first moment Ctrl-C is a byte like any other: nobody at a cable opens the REPL
micropython.kbd_intr(-1)

# Outputs are off before anything else is imported
from hal import safe
from hal import chip, edition, service

import board

if service.wanted(board.PINS):
    # A person held SELECT at power-on: REPL and filesystem, outputs dead until the power is cycled.
    if not service.active():
        service.enter()
        from app import service_keys

        service_keys.entered()
else:
    if edition.DEV:
        from hal import overlay

        overlay.use()
    # After service mode: a development module that does not import must not bar the way to it
    from app.build import build

    device = None
    try:
        supervisor, device = build(board.__dict__)
        supervisor.run()
    except Exception as error:
        safe.off()
        if device:
            device.crashed(error)
        chip.restart("exception")
    finally:
        safe.off()
