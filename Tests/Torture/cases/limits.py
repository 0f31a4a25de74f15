"""Few descriptors, and little memory: more feeds at once than there are descriptors, and heavy documents from many hosts under
the memory that the packaged unit allows, where a control group can be made."""
import contextlib
import os
import resource
import shutil
import time

from cases.documents import heavy
from lab.daemon import Daemon
from lab.hostile import Hostile, whole
from lab.oracle import judge, settle
from lab.publisher import Paper, Publisher
from lab.world import Skipped, descriptors

MEMORY = 2 << 30


def few_descriptors(world):
    number = 256
    paper = Paper(100 if world.quick else 400, words=5)
    addresses = [f'127.0.51.{host}' for host in range(1, 101)]
    publisher = Publisher(world, paper.answer, addresses)
    daemon = Daemon(world, [publisher.url(addresses[feed % 100], path) for feed, path in enumerate(paper.paths)],
                    folder=world.path('descriptors'), fetch={'concurrency': 500, 'timeout': '30s'},
                    schedule={'min_interval': '5s', 'max_interval': '5s', 'retry_first': '5s', 'retry_max': '10s'})
    daemon.preexec = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))
    daemon.start()
    world.check(daemon.wait_until_up(), lambda: f'{number} descriptors: it did not come up: {daemon.log_tail()}')
    most = 0

    def all_polled():
        nonlocal most
        most = max(most, descriptors(daemon.process.pid))
        return all(len(publisher.times(path)) > 1 for path in paper.paths)

    polled = world.until(all_polled, 90, 0.2)
    world.check(polled, f'{number} descriptors: {sum(len(publisher.times(path)) < 2 for path in paper.paths)} of {len(paper.paths)} feeds not polled twice')
    failing = daemon.sql('SELECT count(*), min(last_error_code) FROM feeds WHERE last_error_code IS NOT NULL')[0]
    world.check(not failing[0], f'{number} descriptors: {failing[0]} feeds fail ({failing[1]})')
    code = daemon.stop()
    world.check(code == 0, lambda: f'{number} descriptors: stopped with {code}: {daemon.log_tail()}')
    settle(world, daemon, paper)
    return f'{len(paper.paths)} feeds with {number} descriptors, {most} used, {judge(world, daemon, paper)}'


class Group:
    """A control group with so much memory, of either version."""

    def __init__(self, world, amount):
        if os.geteuid() != 0:
            raise Skipped('a control group needs root')
        for parent, limit in (('/sys/fs/cgroup', 'memory.max'), ('/sys/fs/cgroup/memory', 'memory.limit_in_bytes')):
            self.folder = os.path.join(parent, f'ingestd-torture-{os.getpid()}')
            if not os.path.exists(os.path.join(parent, 'cgroup.procs')):
                continue
            with contextlib.suppress(OSError):
                os.mkdir(self.folder)
                world.at_end(self.close)
                with open(os.path.join(self.folder, limit), 'w') as file:
                    file.write(str(amount))
                return
        raise Skipped('no control group with a memory limit can be made')

    def enter(self):
        with open(os.path.join(self.folder, 'cgroup.procs'), 'w') as file:
            file.write(str(os.getpid()))

    def peak(self):
        for name in ('memory.peak', 'memory.max_usage_in_bytes'):
            with contextlib.suppress(OSError), open(os.path.join(self.folder, name)) as file:
                return int(file.read()) >> 20
        return 0

    def close(self):
        for _ in range(50):
            with contextlib.suppress(FileNotFoundError):
                try:
                    return os.rmdir(self.folder)
                except OSError:
                    time.sleep(0.2)


def little_memory(world):
    group = Group(world, MEMORY)
    documents = heavy((16 << 20) - 4096)
    chosen = {f'{name} {copy}': whole(documents[name]) for name in ('items', 'one title', 'JSON items') for copy in range(6)}
    hostile = Hostile(world, chosen, '127.0.52.')
    paper = Paper(10)
    publisher = Publisher(world, paper.answer, ['127.0.53.1'])
    daemon = Daemon(world, [publisher.url('127.0.53.1', path) for path in paper.paths] + hostile.urls, folder=world.path('memory'),
                    schedule={'min_interval': '5s', 'max_interval': '5s', 'retry_first': '30s', 'retry_max': '60s'})
    daemon.preexec = group.enter
    daemon.supervise()
    world.check(daemon.wait_until_up(), lambda: f'little memory: it did not come up: {daemon.log_tail()}')
    began = time.monotonic()
    world.until(lambda: hostile.count.value >= len(chosen) and time.monotonic() - began > 30, 50, 0.5)
    world.check(not daemon.ends, f'little memory: the daemon was ended {len(daemon.ends)} times: {daemon.ends}')
    since = time.monotonic()
    polled = world.until(lambda: all(publisher.times(path, since) for path in paper.paths), 30)
    world.check(polled, 'little memory: good feeds are not polled')
    code = daemon.stop()
    world.check(code == 0, lambda: f'little memory: stopped with {code}: {daemon.log_tail()}')
    return f'{hostile.count.value} heavy documents under {MEMORY >> 20} MB, peak {group.peak()} MB, {judge(world, daemon, paper)}'


def run(world):
    told = [few_descriptors(world)]
    if not world.quick:
        try:
            told.append(little_memory(world))
        except Skipped as reason:
            told.append(f'little memory skipped: {reason}')
    shutil.rmtree(world.path('descriptors'), ignore_errors=True)
    return '; '.join(told)
