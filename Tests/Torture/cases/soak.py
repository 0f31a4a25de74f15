"""For minutes on end: many feeds, few news, a webhook, a reader, somebody who asks for the status. What is used at the end is
what was used in the middle."""
import json
import os
import time

from lab.daemon import Daemon
from lab.oracle import judge, settle
from lab.publisher import Paper, Publisher, lateness, percentile, reply
from lab.world import descriptors, memory

INTERVAL = 5


class Calm(Paper):
    """Of ten polls that are acknowledged one finds news."""

    def answer(self, request):
        tag = request.field('If-None-Match')
        with self.lock:
            known = int(tag.strip('"')) if tag else -1
            if known == self.edition.get(request.path) and hash((request.path, request.time)) % 10:
                self.acknowledged[request.path] = max(known, self.acknowledged[request.path])
                return reply(b'', ('ETag', tag), status='304 Not Modified')
        return super().answer(request)


def run(world):
    paper, hooked = Calm(300, words=60), []

    def answer(request):
        if request.path == '/hook':
            hooked.extend(change['_ingestd']['seq'] for change in json.loads(request.body)['changes'])
            return reply(status='204 No Content')
        return paper.answer(request)

    addresses = [f'127.0.55.{number}' for number in range(1, 101)]
    publisher = Publisher(world, answer, addresses)
    secret = world.path('secret')
    with open(os.open(secret, os.O_CREAT | os.O_WRONLY, 0o600), 'w') as file:
        file.write('a secret of some length\n')
    daemon = Daemon(
        world, [publisher.url(addresses[number % 100], path) for number, path in enumerate(paper.paths)], keep={'raw': 'changed'},
        listen=f'127.0.55.200:{publisher.port}', schedule={'min_interval': f'{INTERVAL}s', 'max_interval': f'{INTERVAL}s'},
        webhooks=[{'url': publisher.url('127.0.55.1', '/hook'), 'secret_file': secret, 'allow_private_addresses': True,
                   'interval': '1s', 'from': 'beginning'}])
    process = daemon.start()
    world.check(daemon.wait_until_up(), lambda: f'it did not come up: {daemon.log_tail()}')
    began, rows = time.monotonic(), []
    while world.left() > world.seconds * 0.1 and daemon.is_running():
        time.sleep(4)
        status = daemon.status()
        daemon.run('articles', '--limit', '5')
        daemon.run('search', 'title')
        wal = daemon.database + '-wal'
        rows.append((memory(process.pid), descriptors(process.pid), os.path.getsize(wal) >> 20 if os.path.exists(wal) else 0, status['seconds']))
    until = time.monotonic()
    world.check(daemon.is_running(), lambda: f'it ended: {daemon.log_tail()}')

    def part(first, last):
        cut = rows[int(len(rows) * first):max(int(len(rows) * last), int(len(rows) * first) + 1)]
        return [sum(row[column] for row in cut) / len(cut) for column in range(4)]

    middle, end = part(0.4, 0.6), part(0.8, 1)
    world.check(end[0] <= max(1.25 * middle[0], middle[0] + 40), f'memory {middle[0]:.0f} MB in the middle, {end[0]:.0f} MB at the end')
    world.check(end[1] <= middle[1] + 10, f'descriptors {middle[1]:.0f} in the middle, {end[1]:.0f} at the end')
    world.check(max(row[2] for row in rows) <= 80, f'the log grew to {max(row[2] for row in rows)} MB')
    late = percentile(lateness(publisher, paper.paths, INTERVAL, began + 2 * INTERVAL, until), 0.99)
    world.check(late <= 5, f'polls were late by {late:.1f} s at the 99th percentile')
    soonest = min((later - earlier for path in paper.paths for earlier, later in zip(publisher.times(path), publisher.times(path)[1:])), default=INTERVAL)
    world.check(soonest > INTERVAL * 0.7, f'a feed was asked again after {soonest:.1f} s')
    failing = daemon.sql('SELECT count(*) FROM feeds WHERE last_error_code IS NOT NULL')[0][0]
    world.check(not failing, f'{failing} feeds fail')
    newest = daemon.sql('SELECT coalesce(max(seq), 0) FROM changes')[0][0]
    world.until(lambda: len(set(hooked)) >= newest, 60)
    world.check(set(range(1, newest + 1)) <= set(hooked), f'{newest - len(set(hooked))} of {newest} changes never came to the webhook')
    code = daemon.stop()
    world.check(code == 0, lambda: f'stopped with {code}: {daemon.log_tail()}')
    settle(world, daemon, paper)
    figures = judge(world, daemon, paper)
    return (f'{until - began:.0f} s, {len(publisher.asked)} requests, memory {middle[0]:.0f}/{end[0]:.0f} MB, descriptors {middle[1]:.0f}/{end[1]:.0f}, '
            f'late by {late:.1f} s (99 %), {len(hooked)} deliveries, {figures}')
