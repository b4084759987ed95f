"""A played device's records, as a fake device serves them."""

from fake_device import INFO, chain
from played import Played


EVENTS = Played().prescribe().session().payloads()[:12]
RECORDS = chain(EVENTS)


def pull(run, device, folder, *more):
    return run("log", "pull", "--port", device.port, "--archive", folder, *more)


def kept(folder):
    return (folder / f"{INFO['serial']}.journal").read_bytes()


def raw(records):
    return b"".join(frame for _, frame in records)
