"""SIGKILL at random moments of the daemon's life: as it starts, in its first polls, while all goes on."""
import sqlite3
import threading
import time

from lab.daemon import Daemon
from lab.oracle import is_sound, judge, settle
from lab.publisher import Paper, Publisher


def run(world):
    paper = Paper(30 if world.quick else 80)
    addresses = [f'127.0.31.{number}' for number in range(1, 11)]
    publisher = Publisher(world, paper.answer, addresses)
    daemon = Daemon(world, [publisher.url(addresses[number % 10], path) for number, path in enumerate(paper.paths)],
                    keep={'raw': 'changed'})
    seen, ends = [0], threading.Event()

    def read():
        """What any reader was shown must never go away again."""
        while not ends.wait(0.02):
            try:
                seen[0] = max(seen[0], daemon.sql('SELECT coalesce(max(seq), 0) FROM changes')[0][0])
            except sqlite3.Error:
                pass

    threading.Thread(target=read, daemon=True).start()
    kills = 0
    while world.left() > world.seconds * 0.25 or kills < 3:
        process = daemon.start()
        if kills % 3 == 0:
            time.sleep(world.random.uniform(0.02, 0.5))
        else:
            # As far as this many requests, however slow the machine is today.
            wanted = len(publisher.asked) + world.random.randint(1, 3 * len(paper.paths))
            world.until(lambda: len(publisher.asked) >= wanted or process.poll() is not None, 10, 0.01)
            time.sleep(world.random.uniform(0, 0.05))
        world.check(process.poll() is None, lambda: f'it ended by itself: {daemon.log_tail()}')
        daemon.kill()
        kills += 1
        if kills % 10 == 0:
            world.check(is_sound(daemon), f'not whole after kill {kills}')
    ends.set()
    settle(world, daemon, paper)
    figures = judge(world, daemon, paper, seen[0])
    world.check(figures.articles > len(paper.paths), 'it was killed too soon for this to mean anything')
    return f'{kills} kills, {len(publisher.asked)} requests, {figures}'
