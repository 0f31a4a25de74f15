"""The archive's disk fails for a while: writes and syncs with EIO, syncs alone, a file system that is read-only, a folder that
is taken away and brought back."""
import errno
import os
import shutil

from lab.outage import Outage, run_with_faults


def folder_gone(world, seconds):
    outage = Outage(world, 'folder gone', seconds, '127.0.38.')
    here, away = outage.daemon.archive, outage.daemon.archive + '-away'

    def bring_back():
        # Whatever was made in its place meanwhile is not the archive.
        shutil.rmtree(here, ignore_errors=True)
        os.rename(away, here)

    return outage.run(lambda: os.rename(here, away), bring_back, stays=False)


def run(world):
    seconds = 6 if world.quick else 15
    told = [run_with_faults(world, 'EIO', seconds, '127.0.36.', errno.EIO, 'write', 'pwrite', 'fsync', 'fdatasync', 'ftruncate')]
    if not world.quick:
        told.append(run_with_faults(world, 'failing syncs', seconds, '127.0.36.', errno.EIO, 'fsync', 'fdatasync'))
        told.append(run_with_faults(world, 'read-only', seconds, '127.0.37.', errno.EROFS))
        told.append(folder_gone(world, seconds))
    return '; '.join(told)
