"""Readers whose transactions overlap, so that at least one is always open; then a program that holds SQLite's write lock. The
write-ahead log is bounded, `status` names who holds it, polls go on, nothing is lost."""
import os
import sqlite3
import sys
import time

from lab.daemon import Daemon
from lab.oracle import judge, settle
from lab.publisher import Paper, Publisher

# Argument: the database, how long a transaction lasts, for how long in all.
READER = '''
import sqlite3, sys, time
database = sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True, isolation_level=None, timeout=30)
end = time.time() + float(sys.argv[3])
while time.time() < end:
    database.execute("BEGIN")
    database.execute("SELECT count(*) FROM articles").fetchone()
    time.sleep(float(sys.argv[2]))
    database.execute("COMMIT")
'''
LARGEST = 200 << 20


def run(world):
    # Editions of 40 KB, so that the log grows by megabytes a second.
    paper = Paper(40, words=1500)
    addresses = [f'127.0.50.{number}' for number in range(1, 21)]
    publisher = Publisher(world, paper.answer, addresses)
    daemon = Daemon(world, [publisher.url(addresses[number % 20], path) for number, path in enumerate(paper.paths)])
    daemon.supervise()
    world.check(daemon.wait_until_up(), lambda: f'it did not come up: {daemon.log_tail()}')
    world.until(lambda: min(paper.acknowledged.values()) >= 0, 60)

    def log():
        path = daemon.database + '-wal'
        return os.path.getsize(path) if os.path.exists(path) else 0

    seconds, hold = world.seconds * 0.6, 12
    readers = []
    for _ in range(8):
        readers.append(world.spawn([sys.executable, '-c', READER, daemon.database, str(hold), str(seconds)]))
        time.sleep(hold / 8)
    began, largest, named, polls = time.monotonic(), 0, '', len(publisher.asked)
    while time.monotonic() - began < seconds - hold:
        largest = max(largest, log())
        status = daemon.status()
        told = ' '.join(str(problem) for problem in status.get('problems', []))
        # Who holds the log: one of these processes.
        if any(str(reader.pid) in told for reader in readers):
            named = named or ', '.join(daemon.codes(status))
        time.sleep(1)
    polls = len(publisher.asked) - polls
    for reader in readers:
        reader.wait(hold + seconds)
    world.until(lambda: log() < 70 << 20, 40, 1)
    after = log()
    world.check(polls > len(paper.paths) * 3, f'{polls} polls beside readers')
    world.check(largest <= LARGEST, f'the log grew to {largest >> 20} MB beside readers')
    world.check(after <= 70 << 20, f'the log stays at {after >> 20} MB when they have gone')
    world.check(named or largest < 64 << 20, f'the log grew to {largest >> 20} MB, and status named nobody who holds it')
    # The lock that only one may hold.
    locker = sqlite3.connect(daemon.database, isolation_level=None, timeout=30)
    locker.execute('BEGIN IMMEDIATE')
    locked, said = time.monotonic(), set()
    while time.monotonic() - locked < 8:
        said.update(daemon.codes(daemon.status()))
        time.sleep(0.5)
    most = max(len(publisher.times(path, locked)) for path in paper.paths)
    locker.execute('ROLLBACK')
    locker.close()
    world.check('archive-locked' in said, f'a lock of 8 s was never named: {sorted(said)}')
    freed = time.monotonic()
    well = world.until(lambda: daemon.status()['exit'] in (0, 1) and all(publisher.times(path, freed) for path in paper.paths), 60, 0.5)
    world.check(well, lambda: f'not well after the lock: {daemon.status()}')
    world.check(not daemon.ends, f'the daemon ended beside readers: {daemon.ends}')
    code = daemon.stop()
    world.check(code == 0, lambda: f'stopped with {code}: {daemon.log_tail()}')
    settle(world, daemon, paper)
    figures = judge(world, daemon, paper)
    return (f'log at most {largest >> 20} MB beside 8 readers, {after >> 20} MB afterwards, named by {named or "nothing"}; {polls} polls; '
            f'a lock of 8 s: a feed asked {most} times; {figures}')
