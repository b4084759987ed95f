"""Link server: answers each request line once, as the role table allows. Nothing here can arm an
output stage or answer for a person.
"""

import binascii

from app import update
from app.prescriptions import Later
from stimcore import calibration, interlock, limits, link, roles
from stimcore.errors import Refused

# A log answer's frames. Measured on the twin, asking included: 12 ms of its round, 20 with a
# collection in it (1000 bytes: 25, 2500: 46): well below the dead-man where a board answers while
# armed. At rest nothing waits but a button.
_CHUNK_ARMED_BYTES = 500
_CHUNK_BYTES = 2_500

_HOST_RUN = ("run", "keep_alive", "stop")
# Verify a clinic's signature before anything else: who passes that is the clinician
_SIGNED = ("configure",)


class LinkServer:
    """`device` is app.device.Device: what the methods read and change; `measured_ua()`: the newest
    pulse of each channel.

    Bad lines are counted, answered and dropped.
    """

    def __init__(self, stream, device, measured_ua):
        self._stream = stream
        self._device = device
        self._measured_ua = measured_ua
        self._line = bytearray()
        # The last line and its answer: a retry of the same line gets the same answer
        self._last = (None, None)
        # A line whose answer takes another round
        self._unfinished = None
        self.bad_lines = 0
        self._methods = {
            "info": self._info,
            "status": self._status,
            "configure": self._configure,
            "log": self._log,
            "calibrate": self._calibrate,
            "self_test": self._self_test,
            "run": self._run,
            "keep_alive": self._keep_alive,
            "stop": self._stop,
            "update": self._update,
        }

    def round(self):
        """Read what has come and answer at most one line. True while its answer takes another
        round.
        """
        line, self._unfinished = self._unfinished, None
        if line is None and self._stream.read_into(self._line, link.LINE_BYTES_MAX):
            line = bytes(self._line)
            self._line = bytearray()
        if line and line.strip():
            try:
                self._stream.write(self._answer(line))
            except Later:
                self._unfinished = line
        return self._unfinished is not None

    def _answer(self, line):
        last, answer = self._last
        if line == last:
            return answer
        try:
            message = link.decode(line, link.REQUEST_TEXTS_MAX)
        except link.LinkError as bad:
            self.bad_lines += 1
            return _error(None, link.PARSE_ERROR, str(bad))
        answer = self._dispatch(message)
        self._last = (line, answer)
        return answer

    def _dispatch(self, message):
        why = link.why_invalid(message)
        if why:
            return _error(None, link.INVALID_REQUEST, why)
        number, method = message["id"], message["method"]
        if method not in self._methods:
            return _error(
                number,
                link.METHOD_NOT_FOUND,
                "no method " + method[:32],
                {"methods": sorted(self._methods)},
            )
        try:
            self._permit(method)
            value = self._methods[method](message.get("params", {}))
        except Refused as no:
            return _error(
                number,
                link.REFUSED,
                str(no),
                {
                    "field": no.field,
                    "value": str(no.value),
                    "limit": no.limit,
                    "source": no.source,
                    "advice": no.advice,
                },
            )
        except _Answer as no:
            return _error(number, no.code, str(no))
        return (
            link.encode_result(number, value)
            if isinstance(value, list)
            else link.encode(link.result(number, value))
        )

    def _permit(self, method):
        """Deny what the role table does not allow in this state, and a host's run where a person
        could be connected.
        """
        if method in _HOST_RUN and not self._device.host_run:
            self._device.denied(method, "asked for by a host")
            raise Refused(
                method,
                "asked for by a host",
                "a person at the device, holding START",
                "board %s has an output stage" % self._device.board["NAME"],
                "use the buttons; a bench board takes this from a host",
            )
        role, state = "clinician" if method in _SIGNED else "host", self._device.session.state
        if not roles.may(role, method, state):
            self._device.denied(method, "in " + state)
            raise _Answer(
                link.BUSY,
                "state is %s: %s only in %s"
                % (state, method, " or ".join(roles.states(role, method))),
            )

    def _info(self, params):
        return self._device.info()

    def _status(self, params):
        device, session = self._device, self._device.session
        reason = session.latch.reason
        return {
            "state": session.state,
            "program": session.program and session.program["name"],
            "programs": [p["name"] for p in session.programs],
            "prescription": device.prescriptions.id,
            "prescription_sha256": device.prescriptions.sha256,
            "acceptance": device.prescriptions.told(),
            "update": device.update.told(),
            "calibration": device.calibrations.told(),
            "ua": list(session.ua),
            "measured_ua": self._measured_ua(),
            "contact": list(session.contact) if session.pulsing else [None, None],
            "left_s": session.left_s if session.armed or session.state == "PAUSED" else 0,
            "fault": None if reason == "none" else reason,
            "advice": interlock.advice(reason),
            "usb_power": device.usb_power,
            "uptime_ms": device.now_ms,
            "time_s": device.time.now_s(device.now_ms),
            "supply_mv": device.supply_mv,
            "temperature_c": device.temperature_c,
            "bad_lines": self.bad_lines,
            "journal": device.journal.sequence,
            "journal_lost": device.journal.lost,
            "free_bytes": device.free_bytes(),
            "round_us_max": device.round_us_max,
        }

    def _self_test(self, params):
        device = self._device
        return {"failed": list(device.failed), "checks": [list(row) for row in device.checks]}

    def _update(self, params):
        if not update.is_sound(params):
            raise _Answer(
                link.INVALID_PARAMS,
                (
                    "update takes board, version (at most 16 characters each) and sha256 (64 hex "
                    "digits) of the firmware to come"
                ),
            )
        return self._device.update.offer(params)

    def _configure(self, params):
        now_s = params.get("now_s")
        if not limits.is_whole(now_s) or not 0 < now_s < 4_102_444_800:
            raise _Answer(
                link.INVALID_PARAMS,
                (
                    "configure takes rx, key, signature (texts) and now_s (unix seconds, before "
                    "the year 2100)"
                ),
            )
        return self._device.prescriptions.offer(
            params.get("rx"), params.get("key"), params.get("signature"), now_s
        )

    def _calibrate(self, params):
        calibration.check(params, self._device.board)
        return self._device.calibrations.offer(params)

    def _run(self, params):
        self._device.host_run.begin(params)
        return self._device.host_run.told()

    def _keep_alive(self, params):
        self._device.host_run.keep_alive()
        return self._device.host_run.told()

    def _stop(self, params):
        self._device.host_run.stop()
        return self._device.host_run.told()

    def _log(self, params):
        start = params.get("from", 1)
        if not limits.is_whole(start) or not 0 < start <= 1_000_000_000:
            raise _Answer(link.INVALID_PARAMS, "log takes from (a sequence number from 1)")
        bytes_max = _CHUNK_ARMED_BYTES if self._device.session.armed else _CHUNK_BYTES
        frames, after = self._device.journal.chunk(start, bytes_max)
        pieces = [b'{"records":[']
        for number, raw in frames:
            pieces += [b'[%d,"' % number, binascii.hexlify(raw), b'"],']
        if frames:
            pieces[-1] = b'"]'
        return pieces + [b'],"next":%d}' % after if after else b'],"next":null}']


def _error(number, code, text, data=None):
    return link.encode(link.error(number, code, text, data))


class _Answer(Exception):
    """An error answer that is not about a limit."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code
