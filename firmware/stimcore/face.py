"""What a session shows and sounds: texts for the screen, the signal for the buzzer, what takes
turns. Decides nothing.
"""

from stimcore.texts import Texts

# What takes turns on the screen
_TURN_MS = 4_000


class Face:
    """`redraw` is set when the panel has something new to show and `sound` names a signal of
    panel.BEEPS: whoever shows and sounds them says so (`shown`, `sounded`).
    """

    def __init__(self):
        self.redraw = True
        self.sound = ""
        self._shown_ms = self._last_ms = 0
        # The name of a text: why a button did nothing
        self.hint = ""
        # How far a hold has come, for the screen
        self.bar = 0
        # A button that does not come up
        self.stuck = ""
        # Contact of the electrodes, for the screen: True good, False bad, None not measured
        self.contact = [None, None]
        # The words, in the language of the prescription
        self.words = Texts()
        # What the clinic calls the channels
        self.labels = ("", "")
        # The label of the channel that the fault is of
        self.fault_label = ""

    def shown(self):
        """The panel has what there was to show."""
        self.redraw = False

    def sounded(self):
        """The buzzer has the signal."""
        self.sound = ""

    def signal(self, sound):
        """Something beside the session has changed what is shown; with this signal."""
        self.sound = sound
        self.redraw = True

    def show_stuck(self, name):
        """Which button does not come up, or ""."""
        if self.stuck != name:
            self.stuck = name
            self.redraw = True

    def show_bar(self, bar):
        """How far a hold has come."""
        if self.bar != bar:
            self.bar = bar
            self.redraw = True

    @property
    def turn(self):
        """Counts up every few seconds from the moment something is shown: for what takes turns
        on the screen.
        """
        return (self._last_ms - self._shown_ms) // _TURN_MS

    def _show_anew(self):
        """What takes turns on the screen begins with its first page."""
        self._shown_ms = self._last_ms
        self.redraw = True

    def _tell(self, name):
        """Say why a button does nothing: the text of this name, from its first page on, and the
        tone of refusals.
        """
        self.hint = name
        self.sound = "refused"
        self._show_anew()
