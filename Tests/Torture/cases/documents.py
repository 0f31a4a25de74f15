"""Documents within max_body that ask the most of who reads them, from several hosts, beside good feeds: `status` answers,
good feeds are polled on time, memory is bounded, and what takes too long fails."""
import time

from lab.daemon import Daemon
from lab.hostile import Hostile, item, whole
from lab.oracle import judge
from lab.publisher import Paper, Publisher, lateness, percentile
from lab.world import memory

INTERVAL = 5
JSON_HEAD = b'{"version":"https://jsonfeed.org/version/1.1","title":"t",'


def filled(head, piece, tail, size):
    """Head, as many pieces as fit, tail. A piece is bytes, or a function of its number."""
    room = size - len(head) - len(tail)
    if isinstance(piece, bytes):
        return head + piece * (room // len(piece)) + tail
    parts, used, number = [], 0, 0
    while used < room - 400:
        parts.append(piece(number))
        used += len(parts[-1])
        number += 1
    return head + b''.join(parts) + tail


def heavy(size):
    head, tail = item(b'|').split(b'|')
    channel, end = b'<rss version="2.0"><channel><title>t</title>', b'</channel></rss>'
    text, text_end = head + b'<description>', b'</description>' + tail
    return {
        'namespaces': filled(head, lambda k: b'<a xmlns:n%d="u%d"/>' % (k, k), tail, size),
        'nested namespaces': filled(head, lambda k: b'<a xmlns:n%d="u">' % k, b'', size),
        'prefixes': filled(head, lambda k: b'<x:a%d xmlns:x="u"/>' % k, tail, size),
        'attributes': filled(head + b'<x ', lambda k: b'a%d="" ' % k, b'/>' + tail, size),
        'items': filled(channel, lambda k: b'<item><guid>%d</guid><title>t %d</title><link>http://e.example/%d</link></item>' % (k, k, k), end, size),
        'one title': filled(channel, lambda k: b'<item><guid>o%d</guid><title>Open thread</title></item>' % k, end, size),
        'empty items': filled(channel, b'<item/>', end, size),
        'combining marks': filled(text + b'a', '\u0316\u0301'.encode(), text_end, size),
        'ligatures': filled(text, '\ufdfa'.encode(), text_end, size),
        'categories': filled(head, lambda k: b'<category>%d</category>' % k, tail, size),
        'nothing but tags': filled(head + b'<description><![CDATA[', b'<b><p>', b']]></description>' + tail, size),
        'JSON numbers': filled(JSON_HEAD + b'"x":[0', b',0', b'],"items":[]}', size),
        'JSON items': filled(JSON_HEAD + b'"items":[{}', b',{}', b']}', size),
        'entities': filled(text, b'&foo;', text_end, size),
        'one link': filled(channel + b'<item><link>http://e.example/', b'a?utm_source=b&amp;', b'</link></item>' + end, size),
    }


def run(world):
    documents = heavy((16 << 20) - 4096 if not world.quick else 3 << 20)
    if world.quick:
        documents = {name: documents[name] for name in world.random.sample(sorted(documents), 5)}
    hostile = Hostile(world, {name: whole(document) for name, document in documents.items()}, '127.0.43.')
    paper = Paper(20)
    addresses = [f'127.0.44.{number}' for number in range(1, 21)]
    publisher = Publisher(world, paper.answer, addresses)
    good = [publisher.url(address, path) for address, path in zip(addresses, paper.paths)]
    daemon = Daemon(world, good, schedule={'min_interval': f'{INTERVAL}s', 'max_interval': f'{INTERVAL}s', 'retry_first': f'{INTERVAL}s', 'retry_max': '30s'})
    daemon.supervise()
    world.check(daemon.wait_until_up(), lambda: f'it did not come up: {daemon.log_tail()}')
    world.until(lambda: all(len(publisher.times(path)) > 1 for path in paper.paths), 60)
    daemon.feeds = good + hostile.urls
    daemon.configure()
    daemon.run('reload')
    began, slow, hung, peak, pid = time.monotonic(), 0.0, 0, 0, daemon.process.pid
    seconds = 12 if world.quick else 100
    while time.monotonic() - began < seconds:
        status = daemon.status()
        slow, hung = max(slow, status['seconds']), hung + ('daemon-hung' in daemon.codes(status))
        peak = max(peak, memory(pid, 'VmHWM'))
        time.sleep(0.5)
    until = time.monotonic()
    late = lateness(publisher, paper.paths, INTERVAL, began, until)
    p99 = percentile(late, 0.99)
    world.check(not daemon.ends, lambda: f'the daemon ended {len(daemon.ends)} times: {sorted(set(daemon.ends))} {daemon.log_tail()}')
    world.check(not hung, f'status said daemon-hung {hung} times')
    world.check(p99 <= (20 if world.quick else 5), f'good feeds were late by {p99:.1f} s at the 99th percentile')
    world.check(peak <= 700, f'{peak} MB at the peak')
    began = time.monotonic()
    code = daemon.stop()
    took = time.monotonic() - began
    world.check(code == 0, lambda: f'stopped with {code}: {daemon.log_tail()}')
    world.check(took <= 30, f'it took {took:.0f} s to stop')
    figures = judge(world, daemon, paper)
    return (f'{hostile.count.value} answers of {len(documents)} kinds of {len(next(iter(documents.values()))) >> 20} MiB, peak {peak} MB, good feeds late by '
            f'{p99:.1f} s (99 %), slowest status {slow:.1f} s, stopped in {took:.1f} s, {figures}')
