"""What one round has seen of pins, guard, engine, supply and buttons. Holds it, judges nothing."""

HOLD_MS = 1_000


class Inputs:
    """What the supervisor saw in this round. Plain fields, made once, overwritten every round."""

    def __init__(self):
        # INTERLOCK_N is low now
        self.loop_open = False
        # The reason why the output stage is off or must go off
        self.output_fault = ""
        # The channel of that fault, where it is known
        self.output_channel = 0
        self.stop_down = False
        self.usb_power = False
        self.usb_isolated = False
        # False while a program waits for its trigger
        self.train_started = True
        self.supply_ok = True
        self.temperature_ok = True
        # A button that just went down: START UP DOWN SELECT, or ""
        self.pressed = ""
        # A button that has just been down for HOLD_MS, once a hold
        self.held = ""
