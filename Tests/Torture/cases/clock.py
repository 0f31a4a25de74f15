"""The wall clock is set under the running daemon: days forward, days and years back, beyond 2038. Waits belong to the time
that only goes forward: polls go on as if nothing had happened."""
import time

from lab.daemon import Daemon
from lab.oracle import is_sound
from lab.publisher import RSS, Publisher, reply, rss
from lab.world import Clock

DAY = 86_400
INTERVAL = 3


def run(world):
    def answer(request):
        number = len(publisher.times(request.path))
        return reply(rss([(f'{request.path}-{number + k}', f'Title {number + k} of {request.path}', 'text') for k in range(3)]), RSS)

    addresses = [f'127.0.39.{number}' for number in range(1, 11)]
    publisher = Publisher(world, answer, addresses)
    paths = [f'/{number}' for number in range(20)]
    clock = Clock(world)
    daemon = Daemon(
        world, [publisher.url(addresses[number % 10], path) for number, path in enumerate(paths)],
        environment=clock.environment,
        schedule={'min_interval': f'{INTERVAL}s', 'max_interval': f'{INTERVAL}s', 'retry_first': f'{INTERVAL}s', 'retry_max': '6s'})
    daemon.start()
    world.check(daemon.wait_until_up(), lambda: f'it did not come up: {daemon.log_tail()}')
    world.until(lambda: all(len(publisher.times(path)) > 1 for path in paths), 60)
    told = []
    jumps = [2 * DAY, -DAY] if world.quick else [2 * DAY, -DAY, 0, 400 * DAY, 0, 4500 * DAY, 0, -3650 * DAY, 0]
    for shift in jumps:
        clock.set(shift)
        began = time.monotonic()
        # Twice each: the first could have been on its way.
        polled = world.until(lambda: all(len(publisher.times(path, began)) > 1 for path in paths), 12 * INTERVAL)
        took = time.monotonic() - began
        most = max(len(publisher.times(path, began)) for path in paths)
        days = shift // DAY
        world.check(daemon.is_running(), lambda: f'{days} days: it ended: {daemon.log_tail()}')
        world.check(polled, lambda: f'{days} days: {sum(len(publisher.times(path, began)) < 2 for path in paths)} of {len(paths)} feeds not polled twice in {took:.0f} s')
        world.check(most <= took / INTERVAL + 2, f'{days} days: a feed was asked {most} times in {took:.0f} s')
        world.check(daemon.status()['exit'] in (0, 1, 2), f'{days} days: status has no answer')
        told.append(f'{days:+d} d: {took:.0f} s')
        if not daemon.is_running():
            break
    code = daemon.stop()
    world.check(code == 0, lambda: f'stopped with {code}: {daemon.log_tail()}')
    for shift in ([-DAY] if world.quick else [-DAY, -3650 * DAY, 3650 * DAY]):
        # A start with the clock behind or far ahead of what the archive says.
        clock.set(shift)
        began = time.monotonic()
        daemon.start()
        polled = world.until(lambda: all(publisher.times(path, began) for path in paths), 60)
        world.check(polled, lambda: f'a start {shift // DAY} days off: not all polled in a minute: {daemon.log_tail()}')
        daemon.stop()
    daemon.environment = {}
    world.check(is_sound(daemon), 'the archive or its change log is not whole')
    verdict = daemon.run('verify')
    world.check(verdict.code == 0, lambda: f'verify: {verdict}')
    return f'{len(jumps)} jumps, all polled twice after ' + ', '.join(told)
