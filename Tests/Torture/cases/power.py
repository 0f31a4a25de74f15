"""The power fails: an ext4 file system on a loop device is shut down from one moment to the next, its journal unwritten, and
what the disk had by then is all there is."""
import fcntl
import os
import shutil
import sqlite3
import subprocess
import struct
import threading
import time

from lab.daemon import Daemon
from lab.oracle import judge, settle
from lab.publisher import Paper, Publisher
from lab.world import Skipped, unmount

# EXT4_IOC_SHUTDOWN, and its mode without flushing the journal.
SHUTDOWN, NO_FLUSH = 0x8004587D, 2


class Disk:
    def __init__(self, world):
        if os.geteuid() != 0:
            raise Skipped('a loop device needs root')
        if not shutil.which('mkfs.ext4'):
            raise Skipped('there is no mkfs.ext4')
        self.world, self.image = world, world.path('disk')
        with open(self.image, 'wb') as file:
            file.truncate(256 << 20)
        done = subprocess.run(['mkfs.ext4', '-q', '-F', self.image], capture_output=True)
        if done.returncode:
            raise Skipped(f'mkfs.ext4: {done.stderr.decode().strip()[:200]}')
        self.mount()

    def mount(self):
        self.folder = self.world.mount('-o', 'loop', self.image)

    def cut(self):
        file = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(file, SHUTDOWN, struct.pack('I', NO_FLUSH))
        except OSError as error:
            raise Skipped(f'the kernel does not cut the power of ext4: {error}') from error
        finally:
            os.close(file)

    def come_back(self):
        """What was only in memory goes with the mount."""
        if not unmount(self.folder):
            raise RuntimeError('the file system that was cut stays in use')
        self.mount()


def run(world):
    disk = Disk(world)
    paper = Paper(30 if world.quick else 100)
    addresses = [f'127.0.33.{number}' for number in range(1, 11)]
    publisher = Publisher(world, paper.answer, addresses)
    feeds = [publisher.url(addresses[number % 10], path) for number, path in enumerate(paper.paths)]
    cuts, figures = 0, None
    while world.left() > world.seconds * 0.15 or not cuts:
        daemon = Daemon(world, feeds, archive=os.path.join(disk.folder, 'archive'), keep={'raw': 'changed'})
        seen, ends = [0], threading.Event()

        def read(daemon=daemon, seen=seen, ends=ends):
            while not ends.wait(0.02):
                try:
                    seen[0] = max(seen[0], daemon.sql('SELECT coalesce(max(seq), 0) FROM changes')[0][0])
                except sqlite3.Error:
                    pass

        reader = threading.Thread(target=read, daemon=True)
        daemon.start()
        reader.start()
        wanted = len(publisher.asked) + world.random.randint(len(paper.paths), 5 * len(paper.paths))
        world.until(lambda: len(publisher.asked) >= wanted or not daemon.is_running(), 20, 0.02)
        time.sleep(world.random.uniform(0, 0.3))
        world.check(daemon.is_running(), lambda: f'it ended by itself: {daemon.log_tail()}')
        # What was acknowledged before the cut counts: reading on is stopped first.
        ends.set()
        reader.join()
        disk.cut()
        daemon.kill()
        disk.come_back()
        daemon = Daemon(world, feeds, archive=os.path.join(disk.folder, 'archive'), keep={'raw': 'changed'})
        figures = judge(world, daemon, paper, seen[0])
        cuts += 1
    settle(world, daemon, paper)
    figures = judge(world, daemon, paper)
    return f'{cuts} cuts, {len(publisher.asked)} requests, {figures}'
