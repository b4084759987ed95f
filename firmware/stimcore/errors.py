"""The one exception of configuration: a value that is refused. Raised before anything is armed,
never while running.
"""

_TOLD_CHARS = 80


class Refused(Exception):
    """A value outside a limit: `field` and `value` as the reader wrote them, `limit` with its unit,
    its `source`, `advice`.

    Of a value that is too long only the beginning is told.
    """

    def __init__(self, field, value, limit, source, advice):
        field = field[:_TOLD_CHARS]
        if len(str(value)) > _TOLD_CHARS:
            value = str(value)[:_TOLD_CHARS] + "..."
        super().__init__("%s = %s: limit %s (%s); %s" % (field, value, limit, source, advice))
        self.field = field
        self.value = value
        self.limit = limit
        self.source = source
        self.advice = advice
