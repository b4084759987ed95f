"""Questions to the patient: pain 0 to 10 before and after, skin. Answers are offered, never
forced: leaving one is an answer too.
"""

PAIN_MAX = 10
_NEXT = {"before": "", "after": "skin", "skin": ""}


class Rating:
    """`shown`: False where nobody could read a question; then none is ever asked. `ask` a question,
    `button` what was pressed; `asking` is the question that stands, `value` the answer so far
    (None: none).

    Answers: `before` and `after` 0 to 10, `skin` True when it looks as always; None when not given.
    """

    def __init__(self, shown=True):
        self._shown = shown
        self.clear()

    def clear(self):
        """Nothing asked, nothing answered."""
        self.asking = ""
        self.before = self.after = self.skin = self.value = None

    def ask(self, question):
        """Put a question, or "" for none; the answer that stands is dropped."""
        self.asking = question if self._shown else ""
        self.value = None

    def button(self, name):
        """UP and DOWN choose, START takes the answer and goes on, SELECT goes on without, as START
        does with nothing chosen.

        Each question is asked by itself: the one that nobody answers takes no other with it.
        """
        if name == "UP" or name == "DOWN":
            self._choose(name == "UP")
        elif name == "SELECT" or self.value is None:
            self.ask(_NEXT[self.asking])
        else:
            setattr(self, self.asking, self.value)
            self.ask(_NEXT[self.asking])

    def _choose(self, up):
        """One more or one less; the first press shows the end of the scale that is nearest to
        it.
        """
        if self.asking == "skin":
            self.value = up
        elif self.value is None:
            self.value = 0 if up else PAIN_MAX
        else:
            self.value = min(max(self.value + (1 if up else -1), 0), PAIN_MAX)

    def told(self):
        """For the journal."""
        return {"before": self.before, "after": self.after, "skin": self.skin}
