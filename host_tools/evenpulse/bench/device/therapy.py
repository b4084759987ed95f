# On the device, in service mode: the product's own supervisor on a board whose USB is isolated,
# with loads the product never has in therapy: bit 0 of SCRATCH2 a collection each round, bit 1 the
# link is answered while pulses run, bit 2 a journal record each 200 ms. The journal already fills
# more than a sector: a device in use has one that does.
import gc

import board
from app.build import build
from machine import mem32

_LOADS = 0x40058014
_OLD_RECORDS = 60


def therapy():
    isolated = dict(board.__dict__)
    isolated["USB_ISOLATED"] = True
    supervisor, device = build(isolated)
    server, clock = supervisor._server, supervisor._hal.clock
    for k in range(_OLD_RECORDS):
        device.record("bench", {"round": -k})
        supervisor._watchdog.feed()
    k = 0
    while True:
        clock.mark()
        supervisor.round()
        wanted = mem32[_LOADS]
        k += 1
        if wanted & 1:
            gc.collect()
        if wanted & 2 and device.session.armed:
            server.round()
        if wanted & 4 and k % 20 == 0:
            device.record("bench", {"round": k})
        took_us = clock.sleep_rest(10)
        if took_us > device.round_us_max:
            device.round_us_max = took_us


mem32[_LOADS] = 0
therapy()
