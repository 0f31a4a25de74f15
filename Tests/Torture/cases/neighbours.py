"""What one publisher can do to another: have it paused by a redirect to its 429, or show words as the other's."""
import time

from lab.daemon import Daemon
from lab.publisher import RSS, Publisher, reply
from lab.world import Network

STORIES = 3


def feed(host, text):
    items = ''.join(f'<item><guid>{host}-{number}</guid><link>http://paper.example.org/{number}</link>'
                    f'<title>Minister resigns, part {number}</title><description>{text(number)}</description></item>'
                    for number in range(STORIES))
    return reply(f'<rss version="2.0"><channel><title>{host}</title><link>http://{host}/</link>{items}</channel></rss>'.encode(), RSS)


def run(world):
    def answer(request):
        host = request.field('Host').split(':')[0]
        if request.path == '/limited':
            return reply(b'', ('Retry-After', '2592000'), status='429 Too Many Requests')
        if request.path == '/leads-there':
            return reply(b'', ('Location', f'http://www.paper.example.org:{publisher.port}/limited'), status='302 Found')
        if request.path == '/forges':
            return feed(host, lambda number: 'FORGED: the minister confessed to everything. ' * 20)
        return feed(host, lambda number: f'The minister of part {number} resigned today for reasons of health, the office said.')

    publisher = Publisher(world, answer, ['127.0.45.1'])
    network = Network(world, 'name paper.example.org 127.0.45.1', 'name www.paper.example.org 127.0.45.1', 'name evil.example.net 127.0.45.1')
    port = publisher.port
    paper, forger, leader = (f'http://{host}:{port}/{path}' for host, path in
                             [('paper.example.org', 'feed'), ('evil.example.net', 'forges'), ('evil.example.net', 'leads-there')])
    shown = 0
    for order in ([paper, forger, paper, forger], [forger, paper, forger, paper]):
        daemon = Daemon(world, [paper, forger], folder=world.path('first-' + ('paper' if order[0] == paper else 'forger')),
                        environment=network.environment)
        for url in order:
            done = daemon.run('poll', url)
            world.check(done.code == 0, lambda: f'poll: {done}')
        rows = daemon.sql("SELECT content_text FROM articles WHERE url LIKE 'http://paper.example.org/%'")
        forged = sum('FORGED' in (text or '') for text, in rows)
        # Where the words differ so much, each may be an article; none of the paper's own may show the other's words.
        told = sum('for reasons of health' in (text or '') for text, in rows)
        world.check(told >= STORIES, f'{STORIES - told} of {STORIES} stories are not shown as their own paper told them '
                                     f'({forged} show the words of another publisher)')
        shown += told
    daemon = Daemon(world, [paper, leader], folder=world.path('pause'), environment=network.environment,
                    schedule={'min_interval': '2s', 'max_interval': '2s', 'retry_first': '2s', 'retry_max': '2s'})
    daemon.start()
    world.check(daemon.wait_until_up(), lambda: f'it did not come up: {daemon.log_tail()}')
    led = world.until(lambda: publisher.times('/limited'), 30)
    world.check(led, 'the redirect was never followed')
    since = time.monotonic()
    polled = world.until(lambda: len(publisher.times('/feed', since)) >= 2, 30)
    world.check(polled, 'a redirect to the 429 of another site paused that site')
    code = daemon.stop()
    world.check(code == 0, lambda: f'stopped with {code}: {daemon.log_tail()}')
    return (f'{shown} of {2 * STORIES} stories shown as their own paper told them; after a redirect to its 429 the paper was polled '
            f'{len(publisher.times("/feed", since))} times')
