"""What one round has seen of pins, guard, engine, supply and buttons. Holds it, judges nothing."""

HOLD_MS = 1_000


class Inputs:
    """What the supervisor saw in this round. Plain fields, made once, overwritten every round."""

    def __init__(self):
        self.loop_open = False  # INTERLOCK_N is low now
        self.output_fault = ""  # reason why the output stage is off or must go off
        self.output_channel = 0  # of it, where that is known
        self.stop_down = False
        self.usb_power = False
        self.usb_isolated = False
        self.train_started = True  # False while a program waits for its trigger
        self.supply_ok = True
        self.temperature_ok = True
        self.pressed = ""  # a button that just went down: START UP DOWN SELECT, or ""
        self.held = ""  # a button that has just been down for HOLD_MS, once a hold
