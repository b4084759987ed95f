"""What tests of the report share: what a reader sees of a page, and journals changed."""

import re

from frames import chain

HOUR_S = 3_600


def text_of(page):
    """What a reader sees, in one line."""
    body = re.sub(r"<style>.*?</style>", " ", page, flags=re.S)
    return " ".join(
        re.sub(r"<[^>]+>", " ", body).replace("&#x27;", "'").replace("&gt;", ">").split()
    )


def payloads_of(device, change):
    """A played journal with its payloads changed, framed and chained anew: what somebody might
    forge, or a flipped bit that no CRC sees.
    """
    return chain([change(dict(one)) for one in device.payloads()])
