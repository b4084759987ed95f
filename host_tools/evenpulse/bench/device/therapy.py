# On the device, in service mode: the product's own supervisor on a board whose USB is isolated, with loads the product never has in
# therapy: bit 0 of SCRATCH2 a collection each round, bit 1 the link is answered while pulses run, bit 2 a journal record each 200 ms.
# An answer to `log` of the product's size takes longer than the dead-man allows a round: here answers are shorter.
import gc

import board
from app import link_server
from app.build import build
from machine import mem32

_LOADS = 0x40058014
link_server._CHUNK_BYTES = 500


def therapy():
    isolated = dict(board.__dict__)
    isolated["USB_ISOLATED"] = True
    supervisor, device = build(isolated)
    server, clock = supervisor._server, supervisor._hal.clock
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
