"""Where words go on 128 x 64 dots: rows of (font, x, y, text), in the largest letters that fit.
Pure.
"""

WIDTH, HEIGHT = 128, 64

# Fonts by the dots of a letter: (columns, rows). y of a row is a multiple of 8.
SMALL, MEDIUM, LARGE, FIGURES = (6, 16), (8, 16), (12, 24), (16, 32)
_FROM_LARGE = (LARGE, MEDIUM, SMALL)


def letters(font):
    """How many letters of a font stand in a line."""
    return WIDTH // font[0]


def wrapped(text, most):
    """Lines of at most `most` letters, broken between words; a word that is longer is cut."""
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) <= most:
            line += " " + word
            continue
        if line:
            lines.append(line)
        whole = len(word) // most * most if len(word) > most else 0
        lines += [word[i : i + most] for i in range(0, whole, most)]
        line = word[whole:]
    if line:
        lines.append(line)
    return lines


def _breaks_no_word(text, most):
    return max([len(word) for word in text.split(" ")]) <= most


def block(texts, y, height):
    """Rows of some texts, each on lines of its own, from `y` on: the largest letters that break
    no word and fit `height`.
    """
    texts = [text for text in texts if text]
    for font in _FROM_LARGE:
        _, high = font
        most = letters(font)
        lines = [line for text in texts for line in wrapped(text, most)]
        if len(lines) * high <= height and (
            font is SMALL or all([_breaks_no_word(text, most) for text in texts])
        ):
            break
    return tuple([(font, 0, y + high * k, line) for k, line in enumerate(lines[: height // high])])
