"""Clients of `listen`: idle connections, more than there are descriptors; heads and bodies that drip; floods; forged and
replayed pushes. Polls go on, a genuine hub is heard, nothing without the right signature is stored."""
import contextlib
import hashlib
import hmac
import http.client
import resource
import socket
import time
from urllib.parse import parse_qs, urlencode

from lab.daemon import Daemon
from lab.publisher import RSS, Publisher, reply, rss
from lab.world import descriptors, memory

FLOODER, HOSTILE_HUB, HUB = '127.0.49.1', '127.0.49.2', '127.0.49.3'
NOFILE = 1024


class Hub:
    """Takes subscriptions of one feed, verifies them, and pushes."""

    def __init__(self, place, source):
        self.place, self.source, self.callback, self.secret, self.topic = place, source, None, None, None

    def subscribe(self, request):
        form = {key: values[0] for key, values in parse_qs(request.body.decode()).items()}
        if form.get('hub.mode') != 'subscribe':
            return
        self.callback, self.topic, self.secret = form['hub.callback'].split('feeds.example.org')[1], form['hub.topic'], form['hub.secret'].encode()

    def verify(self):
        query = urlencode({'hub.mode': 'subscribe', 'hub.topic': self.topic, 'hub.challenge': 'a-challenge', 'hub.lease_seconds': 86400})
        return self.ask('GET', f'{self.callback}?{query}')[0]

    def push(self, body, signature=None, callback=None):
        signature = signature if signature is not None else 'sha256=' + hmac.new(self.secret, body, hashlib.sha256).hexdigest()
        return self.ask('POST', callback or self.callback, body, {'Content-Type': 'application/rss+xml', 'X-Hub-Signature': signature})

    def ask(self, method, path, body=None, fields={}):
        began = time.monotonic()
        try:
            connection = http.client.HTTPConnection(*self.place, timeout=30, source_address=(self.source, 0))
            connection.request(method, path, body=body, headers=fields)
            answer = connection.getresponse()
            answer.read()
            return answer.status, time.monotonic() - began
        except (OSError, http.client.HTTPException) as error:
            return repr(error), time.monotonic() - began


def connect(place, source):
    connection = socket.socket()
    connection.settimeout(5)
    connection.bind((source, 0))
    connection.connect(place)
    return connection


def flood(place, source, first, piece, seconds):
    """Sends until it is cut off; megabytes sent."""
    sent, end = 0, time.monotonic() + seconds
    with contextlib.suppress(OSError), connect(place, source) as connection:
        connection.sendall(first)
        while time.monotonic() < end and sent < 64 << 20:
            connection.sendall(piece)
            sent += len(piece)
    return sent >> 20


def run(world):
    hubs = {}

    def answer(request):
        for name, hub in hubs.items():
            if request.path == f'/hub-{name}':
                hub.subscribe(request)
                return reply(status='202 Accepted')
            if request.path == f'/feed-{name}':
                links = f'<{publisher.url("127.0.48.1", f"/hub-{name}")}>; rel=hub, <{publisher.url("127.0.48.1", request.path)}>; rel=self'
                return reply(rss([(name, f'First of {name}', 'text')]), RSS, ('Link', links))
        return reply(rss([(f'{request.path}-{len(publisher.times(request.path))}', 'Good', 'text')]), RSS)

    publisher = Publisher(world, answer, ['127.0.48.1', '127.0.48.2'])
    place = ('127.0.48.9', publisher.port)
    hubs.update(good=Hub(place, HUB), evil=Hub(place, HOSTILE_HUB))
    good = [f'/good{number}' for number in range(12)]
    interval = 2
    daemon = Daemon(
        world, [publisher.url('127.0.48.1', f'/feed-{name}') for name in hubs] + [publisher.url('127.0.48.2', path) for path in good],
        listen=f'{place[0]}:{place[1]}', websub={'callback': 'https://feeds.example.org/hub'}, fetch={'timeout': '20s'},
        schedule={'min_interval': f'{interval}s', 'max_interval': f'{interval}s'})
    daemon.preexec = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (NOFILE, NOFILE))
    daemon.start()
    world.check(daemon.wait_until_up(), lambda: f'it did not come up: {daemon.log_tail()}')
    pid = daemon.process.pid
    subscribed = world.until(lambda: all(hub.secret for hub in hubs.values()), 60)
    if not world.check(subscribed, 'no hub was asked'):
        return 'nothing'
    verified = [world.until(lambda: hub.verify() == 200, 20) for hub in hubs.values()]
    world.check(all(verified), 'a subscription was not verified')
    before, files = memory(pid), descriptors(pid)

    # ---- forged and replayed
    hub, forged = hubs['good'], rss([('forged', 'Forged', 'words')])
    right = hmac.new(hub.secret, forged, hashlib.sha256).hexdigest()
    wrong = ['', '=', 'sha256=', 'sha256=00', 'none=', 'md5=' + hashlib.md5(forged).hexdigest(), 'sha256=' + right[:-2], 'sha256=' + 'a' * 64,
             'sha512=' + right, 'sha256=' + hmac.new(b'', forged, hashlib.sha256).hexdigest(),
             'sha256=' + hmac.new(hubs['evil'].secret, forged, hashlib.sha256).hexdigest()]
    for signature in wrong:
        hub.push(forged, signature)
    status = hub.push(forged, callback='/hub/' + 'x' * 40)[0]
    world.check(status in (404, 410), f'a guessed callback was answered {status}')
    genuine = rss([('pushed', 'Pushed', 'genuine words')])
    for _ in range(3):
        status = hub.push(genuine)[0]
        world.check(status == 202, f'a genuine push was answered {status}')
    pushed = world.until(lambda: daemon.sql("SELECT count(*) FROM articles WHERE title = 'Pushed'")[0][0], 20)
    world.check(pushed == 1, f'a push and its replays made {pushed} articles')
    world.check(daemon.sql("SELECT count(*) FROM articles WHERE title = 'Forged'")[0][0] == 0, 'a forged push was stored')

    def polls_go_on(what, seconds):
        began = time.monotonic()
        time.sleep(seconds)
        polls = sum(len(publisher.times(path, began)) for path in good)
        world.check(polls >= len(good) * seconds / interval / 3, f'{what}: {polls} polls of {len(good)} feeds in {seconds} s')
        world.check(daemon.is_running(), lambda: f'{what}: it ended: {daemon.log_tail()}')
        failing = daemon.sql('SELECT count(*) FROM feeds WHERE last_error_code IS NOT NULL')[0][0]
        world.check(not failing, f'{what}: {failing} feeds fail')
        return polls

    # ---- a hub that holds what it can, and another one that is genuine
    holding = []
    for _ in range(90):
        with contextlib.suppress(OSError):
            connection = connect(place, HOSTILE_HUB)
            connection.sendall(f'POST {hubs["evil"].callback} HTTP/1.1\r\nHost: x\r\nContent-Type: application/rss+xml\r\n'
                               'Content-Length: 1000000\r\n\r\n<'.encode())
            holding.append(connection)
    time.sleep(1)
    heard = [hub.push(rss([(f'beside-{number}', f'Beside {number}', 'words')])) for number in range(4)]
    world.check(all(status == 202 for status, _ in heard), f'a genuine hub beside one that holds {len(holding)} connections: {[status for status, _ in heard]}')
    for connection in holding:
        connection.close()

    # ---- heads that drip, floods
    dripping = []
    for _ in range(50):
        with contextlib.suppress(OSError):
            connection = connect(place, FLOODER)
            connection.sendall(b'GET /metrics HTTP/1.1\r\nX: ')
            dripping.append(connection)
    seconds = 1 if world.quick else 4
    sent = {
        'request line': flood(place, FLOODER, b'GET /', b'a' * 65536, seconds),
        'header line': flood(place, FLOODER, b'GET / HTTP/1.1\r\nX: ', b'a' * 65536, seconds),
        'headers': flood(place, FLOODER, b'GET / HTTP/1.1\r\n', b'X-1: y\r\n' * 5000, seconds),
        'body': flood(place, FLOODER, b'POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', b'10000\r\n' + b'a' * 65536 + b'\r\n', seconds),
        'pipeline': flood(place, FLOODER, b'', b'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n' * 100, seconds),
    }
    grown = memory(pid) - before
    world.check(grown < 100, f'{grown} MB more after floods of {sent} MB')
    world.check(daemon.is_running(), lambda: f'a flood ended it: {daemon.log_tail()}')
    for connection in dripping:
        connection.close()

    # ---- more connections than descriptors
    idle = []
    for number in range(NOFILE + 100):
        try:
            idle.append(connect(place, FLOODER))
        except OSError:
            break
    span = 8 if world.quick else 15
    polls = polls_go_on(f'beside {len(idle)} idle connections', span)
    codes = daemon.codes(daemon.status())
    world.check('daemon-hung' not in codes, f'beside {len(idle)} idle connections status says {codes}')
    status, took = hub.push(rss([('late', 'Late', 'words')]))
    world.check(status == 202, f'a genuine hub beside {len(idle)} idle connections of another: {status} after {took:.1f} s')
    for connection in idle:
        connection.close()
    world.until(lambda: descriptors(pid) <= files + 10, 30)
    world.check(descriptors(pid) <= files + 10, f'{files} descriptors before, {descriptors(pid)} after')
    code = daemon.stop()
    world.check(code == 0, lambda: f'stopped with {code}: {daemon.log_tail()}')
    verdict = daemon.run('verify')
    world.check(verdict.code == 0, lambda: f'verify: {verdict}')
    return (f'{len(wrong)} forged pushes, {sum(sent.values())} MB of floods, memory {grown:+d} MB, {polls} polls in {span} s '
            f'beside {len(idle)} idle connections')
