"""The disk is full, and there is room again: a small tmpfs where mounting is allowed, and writes that fail with ENOSPC."""
import errno
import os

from lab.outage import Outage, run_with_faults
from lab.world import Skipped


def run(world):
    seconds = 6 if world.quick else 20
    told = [run_with_faults(world, 'no space', seconds, '127.0.34.', errno.ENOSPC, 'write', 'pwrite', 'open')]
    if world.quick:
        return told[0]
    try:
        folder = world.mount('-t', 'tmpfs', '-o', 'size=24M', 'torture')
    except Skipped as reason:
        return told[0] + f'; a real full file system skipped: {reason}'
    outage, filler = Outage(world, 'full tmpfs', seconds, '127.0.35.', archive=os.path.join(folder, 'archive')), os.path.join(folder, 'filler')

    def fill():
        with open(filler, 'wb', buffering=0) as file:
            try:
                while file.write(b'\0' * 4096):
                    pass
            except OSError:
                pass

    told.append(outage.run(fill, lambda: os.remove(filler)))
    return '; '.join(told)
