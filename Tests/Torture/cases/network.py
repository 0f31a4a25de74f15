"""Names stop resolving, then nobody can be reached, and it all comes back: our outage is not the feeds' failure, and those who
come back are not asked all at once."""
import time

from lab.daemon import Daemon
from lab.publisher import Paper, Publisher, percentile
from lab.world import Network

INTERVAL = 3


def run(world):
    hosts, feeds = 20, 60 if world.quick else 200
    paper = Paper(feeds, words=5)
    publisher = Publisher(world, paper.answer, ['127.0.40.1'])
    network = Network(world, *[f'name paper{number}.example.org 127.0.40.1' for number in range(hosts)])
    daemon = Daemon(
        world, [f'http://paper{number % hosts}.example.org:{publisher.port}{path}' for number, path in enumerate(paper.paths)],
        environment=network.environment, fetch={'timeout': '10s', 'connect_timeout': '5s'},
        schedule={'min_interval': f'{INTERVAL}s', 'max_interval': f'{INTERVAL}s', 'retry_first': f'{INTERVAL}s', 'retry_max': '30s'})
    daemon.start()
    world.check(daemon.wait_until_up(), lambda: f'it did not come up: {daemon.log_tail()}')
    world.until(lambda: all(publisher.times(path) for path in paper.paths), 60)
    told = []
    for what in ('links-dead', 'names-dead'):
        network.set(what)
        network.tried()
        publisher.drop_connections()
        began = time.monotonic()
        out = world.until(lambda: 'network-out' in daemon.codes(daemon.status()), 60, 0.5)
        said = time.monotonic() - began
        world.check(out, lambda: f'{what}: status never said network-out')
        # Connections that are kept need no name: close them as they come.
        quiet = time.monotonic()
        network.tried()
        while time.monotonic() - quiet < (4 if world.quick else 15):
            publisher.drop_connections()
            time.sleep(0.3)
        probes = len(network.tried())
        failing = daemon.sql("SELECT count(*) FROM feeds WHERE state = 'failing'")[0][0]
        world.check(failing <= feeds // 4, f'{what}: {failing} of {feeds} feeds count as failing')
        network.set()
        back = time.monotonic()
        all_back = world.until(lambda: all(publisher.times(path, back) for path in paper.paths), 90, 0.2)
        took = time.monotonic() - back
        world.check(all_back, lambda: f'{what}: {sum(not publisher.times(path, back) for path in paper.paths)} of {feeds} feeds not polled again in {took:.0f} s')
        since = publisher.times(since=back)
        # Nobody is asked twice at once, and one second has its share and not all.
        most = max((len(publisher.times(path, back)) for path in paper.paths), default=0)
        world.check(most <= took / INTERVAL + 2, f'{what}: a feed was asked {most} times in {took:.0f} s')
        well = world.until(lambda: daemon.sql("SELECT count(*) FROM feeds WHERE state = 'failing'") == [(0,)], 60, 0.5)
        world.check(well, f'{what}: feeds stay failing')
        rush = percentile(sorted(sum(1 for x in since if when <= x < when + 1) for when in since), 1)
        told.append(f'{what} told after {said:.0f} s, {probes} connections tried meanwhile, back in {took:.0f} s, {rush} requests in a second at most')
    code = daemon.stop()
    world.check(code == 0, lambda: f'stopped with {code}: {daemon.log_tail()}')
    verdict = daemon.run('verify')
    world.check(verdict.code == 0, lambda: f'verify: {verdict}')
    return f'{feeds} feeds: ' + '; '.join(told)
