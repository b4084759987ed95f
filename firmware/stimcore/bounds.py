"""Bounds of JSON that a stranger sends, asked before it is parsed: how many texts, how deep, how
long a number, and no text that could not be sent back.

The parser would meet them one by one in slow or recursive code: a number costs the square of its
digits, a key a search. What lies between the texts is short in anything sound, so all is decided
with a few searches in C.
"""

DEPTH_MAX = 8
# Numbers, brackets, commas and blanks between two texts
BETWEEN_CHARS_MAX = 64
DIGITS_MAX = 20


# Halves of UTF-16, raw in UTF-8 and as an escape (8 to f): what it begins with, and the range of
# the byte that follows
_HALVES = ((b"\xed", 0xA0, 0xBF), (b"\\ud", 0x38, 0x66), (b"\\uD", 0x38, 0x66))


def _half_a_character(body):
    """MicroPython would take one, and answer with a line that is no UTF-8."""
    for begins, low, high in _HALVES:
        at = body.find(begins) + 1
        while at:
            after = at - 1 + len(begins)
            if after < len(body) and low <= body[after] <= high:
                return True
            at = body.find(begins, at) + 1
    return False


def why_not(body, texts_max):
    """Why JSON in bytes is not parsed, or ""."""
    # A copy of a long line is worth asking for
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    if _half_a_character(body):
        return "half a character: U+D800 to U+DFFF stand for nothing alone"
    if body.count(b'"') > 2 * texts_max:
        return "more than %d texts" % texts_max
    at, depth = 0, 0
    # Ends: `at` goes on behind each text
    while at >= 0:
        quote = body.find(b'"', at)
        end = len(body) if quote < 0 else quote
        if end - at > BETWEEN_CHARS_MAX:
            return "a number or list of more than %d characters" % BETWEEN_CHARS_MAX
        digits = 0
        for i in range(at, end):
            byte = body[i]
            digits = digits + 1 if 48 <= byte <= 57 else 0
            if digits > DIGITS_MAX:
                return "a number of more than %d digits" % DIGITS_MAX
            if byte == 0x5B or byte == 0x7B:
                depth += 1
                if depth > DEPTH_MAX:
                    return "nested deeper than %d" % DEPTH_MAX
            elif byte == 0x5D or byte == 0x7D:
                depth -= 1
        # Behind the text; a text without an end is for the parser to refuse
        at = body.find(b'"', end + 1) + 1 or -1
    return ""
