"""What the person at the device reads: one table a language, by name; a row has the same name in
each. Data, and how to find it.

Buttons keep the names that are printed beside them. `%s` is a channel's name, a button or a number.
"""

from stimcore import texts_de, texts_en, texts_es, texts_fr

_TABLES = {"en": texts_en, "de": texts_de, "fr": texts_fr, "es": texts_es}
LANGUAGES = ("en", "de", "fr", "es")


class Texts:
    """One language: `said[name]` is a short text, `message(name)` what happened, what to do, how
    to go on.
    """

    def __init__(self, language="en"):
        table = _TABLES[language]
        self.language = language
        self.said = dict(table.SAID)
        self._messages = table.MESSAGES

    def message(self, name, place=""):
        """(what happened, what to do, how to go on) of a fault or a refusal; KeyError for a name
        without a row.

        `place` is the channel's name where it is known; else the text ends before it.
        """
        for known, what, do, go_on in self._messages:
            if known == name:
                happened, named, _ = what.partition("%s")
                if named:
                    happened = happened + place if place else happened.rstrip(" :")
                return happened, do, go_on
        raise KeyError(name)

    def has_message(self, name):
        """Whether `name` is a fault or a refusal with words of its own."""
        return any([known == name for known, _, _, _ in self._messages])
