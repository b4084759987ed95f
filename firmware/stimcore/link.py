"""Link codec: one JSON-RPC 2.0 message a line, followed by a blank and the CRC-32 of its bytes in 8
hex digits.

A CRC finds damage, not malice: nothing a host sends can arm the output.
"""

import binascii
import json

from stimcore import bounds

LINE_BYTES_MAX = 8_192
# Keys and texts of what a host asks
REQUEST_TEXTS_MAX = 64
# Keys and texts of any message
TEXTS_MAX = 1_000
PROTOCOL = 1

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
# A value outside a limit: data has field, value, limit, source, advice
REFUSED = -32010
# What was asked for is not possible in this state
BUSY = -32011


class LinkError(Exception):
    """A line that is not a message: torn, corrupt, too long, or not JSON. Says which."""


def encode(message):
    """Message (JSON-able) -> line of bytes with its CRC and newline."""
    return _line(json.dumps(message, separators=(",", ":")).encode())


def encode_result(number, pieces):
    """The same for an answer whose result is JSON already: a list of bytes. json.dumps takes 4
    us a character on the RP2040.
    """
    return _line(
        b"".join(
            [b'{"jsonrpc":"2.0","id":', json.dumps(number).encode(), b',"result":']
            + pieces
            + [b"}"]
        )
    )


def _line(body):
    return body + b" %08x\n" % binascii.crc32(body)


def decode(line, texts_max=TEXTS_MAX):
    """Line of bytes -> message. Raises LinkError; what is out of bounds is never parsed."""
    line = line.rstrip(b"\r\n")
    if len(line) > LINE_BYTES_MAX:
        raise LinkError("line of %d bytes: at most %d" % (len(line), LINE_BYTES_MAX))
    body, mark, crc = line[:-9], line[-9:-8], line[-8:]
    if mark != b" " or crc != b"%08x" % binascii.crc32(body):
        raise LinkError("CRC-32 does not match: line torn or corrupted")
    why = bounds.why_not(body, texts_max)
    if why:
        raise LinkError(why)
    try:
        return json.loads(body.decode())
    except (ValueError, UnicodeError):
        raise LinkError("not JSON")


def request(number, method, params):
    """A JSON-RPC request object."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def result(number, value):
    """A JSON-RPC answer object."""
    return {"jsonrpc": "2.0", "id": number, "result": value}


def error(number, code, message, data=None):
    """A JSON-RPC error object."""
    body = {"code": code, "message": message}
    if data is not None:
        body["data"] = data
    return {"jsonrpc": "2.0", "id": number, "error": body}


def why_invalid(message):
    """Reason why a decoded message is no request, or None."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return "jsonrpc must be 2.0"
    number = message.get("id")
    if isinstance(number, bool) or not isinstance(number, (int, str)):
        return "id must be a number or text"
    if not isinstance(message.get("method"), str):
        return "method must be text"
    if not isinstance(message.get("params", {}), dict):
        return "params must be an object"
    return None
