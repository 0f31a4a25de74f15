"""An archive that cannot be written to for a while, under a daemon that polls."""
import os
import time

from lab.daemon import Daemon
from lab.oracle import judge, settle
from lab.publisher import Paper, Publisher


class Outage:
    """A daemon as a service manager runs it, and publishers that count.

    While nothing can be kept nobody is asked for anything: each feed once at the most, for what was on its way. `status` is
    critical meanwhile, the daemon stays up, and all goes on by itself afterwards.
    """
    INTERVAL = 3

    def __init__(self, world, name, seconds, address, *, archive=None, environment=None):
        self.world, self.name, self.seconds = world, name, seconds
        self.paper = Paper(20)
        addresses = [f'{address}{number}' for number in range(1, 11)]
        self.publisher = Publisher(world, self.paper.answer, addresses)
        self.daemon = Daemon(
            world, [self.publisher.url(addresses[number % 10], path) for number, path in enumerate(self.paper.paths)],
            folder=world.path(name.replace(' ', '-')), archive=archive, environment=environment, keep={'raw': 'changed'},
            schedule={'min_interval': f'{self.INTERVAL}s', 'max_interval': f'{self.INTERVAL}s',
                      'retry_first': f'{self.INTERVAL}s', 'retry_max': '10s'})

    def run(self, begin, end, stays=True):
        """`stays`: whether the daemon is to stay up."""
        world, daemon, paper = self.world, self.daemon, self.paper
        first = daemon.run('run', '--once')
        world.check(first.code == 0, lambda: f'{self.name}: before: {first}')
        daemon.supervise()
        world.check(daemon.wait_until_up(), lambda: f'{self.name}: the daemon did not come up: {daemon.log_tail()}')
        world.until(lambda: min(paper.acknowledged.values()) >= 1, 60)
        begin()
        began, ends, told, codes, states = time.monotonic(), len(daemon.ends), None, set(), []
        while time.monotonic() - began < self.seconds:
            status = daemon.status()
            states.append(status.get('state'))
            if status['exit'] in (2, 3):
                told = told or time.monotonic() - began
                codes.update(daemon.codes(status, 'critical'))
            time.sleep(0.5)
        asked = [len(self.publisher.times(path, began)) for path in paper.paths]
        died = len(daemon.ends) - ends
        end()
        ended = time.monotonic()
        well = world.until(lambda: self.is_well(ended), 90, 0.3)
        back = time.monotonic() - ended
        world.check(told is not None, lambda: f'{self.name}: status never said critical: {states[-6:]}')
        world.check(max(asked) <= 2, f'{self.name}: a publisher was asked {max(asked)} times in {self.seconds:.0f} s for what could not be kept')
        world.check(sum(asked) <= 1.5 * len(asked), f'{self.name}: {sum(asked)} requests to {len(asked)} feeds for what could not be kept')
        world.check(died == 0 or not stays, lambda: f'{self.name}: the daemon ended {died} times: {sorted(set(daemon.ends))}')
        world.check(well, lambda: f'{self.name}: not well again by itself: {daemon.status()} {daemon.log_tail()}')
        code = daemon.stop()
        world.check(code == 0, lambda: f'{self.name}: stopped with {code}: {daemon.log_tail()}')
        daemon.environment = {}
        settle(world, daemon, paper)
        figures = judge(world, daemon, paper)
        critical = f'{told:.0f} s' if told is not None else 'never'
        return (f'{self.name}: {sum(asked)} requests while out, critical after {critical} '
                f'({", ".join(sorted(codes))}), {died} ends, back after {back:.0f} s, {figures}')

    def is_well(self, since):
        """All polled, and nothing critical."""
        if any(not self.publisher.times(path, since) for path in self.paper.paths):
            return False
        status = self.daemon.status()
        return status['exit'] in (0, 1) and status.get('daemon', {}).get('responsive')


def with_faults(world, number, *calls):
    """An environment in which these calls fail while the returned file is there."""
    switch = world.path(f'faults-{number}-{"-".join(calls) or "all"}')
    return switch, {'LD_PRELOAD': world.shim('faults'), 'FAULTS_DO': 'fail', 'FAULTS_AT': '0', 'FAULTS_ERRNO': str(number),
                    'FAULTS_CALLS': ','.join(calls), 'FAULTS_WHILE': switch}


def run_with_faults(world, name, seconds, address, number, *calls):
    switch, environment = with_faults(world, number, *calls)
    outage = Outage(world, name, seconds, address, environment=environment)
    outage.daemon.environment['FAULTS_BELOW'] = outage.daemon.archive
    return outage.run(lambda: open(switch, 'w').close(), lambda: os.remove(switch))
