"""No publisher leads the program into the operator's network: every spelling of every address that is not public, in feeds,
redirects, names, `fetch`, older pages and hubs. Each connection that is tried is noted; none may go anywhere but to the one
public publisher."""
import itertools

from lab.daemon import Daemon
from lab.publisher import RSS, Publisher, reply, rss
from lab.world import Network

PUBLIC = '8.8.4.4'
# Of IANA's registries of special-purpose addresses, and of cloud metadata services that are in none.
SPECIAL_4 = ['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.254', '169.254.169.254',
             '172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.0.1', '198.18.0.1',
             '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '168.63.129.16']
SPECIAL_6 = ['::', '::1', 'fe80::1', 'fec0::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '100::1', '2001:db8::1', '2001:2::1',
             '2001:10::1', '3fff::1', '5f00::1', '2001:20::1']
EMBEDDED = ['127.0.0.1', '169.254.169.254', '10.0.0.1', '168.63.129.16']


def hexadecimal(address):
    a, b, c, d = map(int, address.split('.'))
    return f'{a << 8 | b:x}:{c << 8 | d:x}'


def embedding(address):
    """All forms in which an IPv6 address holds an IPv4 address."""
    two, flipped = hexadecimal(address), ':'.join(f'{0xFFFF ^ int(part, 16):x}' for part in hexadecimal(address).split(':'))
    return {'mapped': f'::ffff:{two}', 'mapped dotted': f'::ffff:{address}', 'translated': f'::ffff:0:{two}',
            'translated dotted': f'::ffff:0:{address}', 'compatible': f'::{two}', 'NAT64': f'64:ff9b::{two}',
            'NAT64 dotted': f'64:ff9b::{address}', 'local NAT64': f'64:ff9b:1::{two}', '6to4': f'2002:{two}::1',
            'Teredo': f'2001:0:808:404::{flipped}', 'Teredo server': f'2001:0:{two}::f7f7:fbfb',
            'ISATAP': f'fe80::5efe:{two}', 'ISATAP of a site': f'2600::5efe:{two}', 'ISATAP unique': f'2600::200:5efe:{two}'}


def spellings(address):
    a, b, c, d = map(int, address.split('.'))
    number = a << 24 | b << 16 | c << 8 | d
    wide = str.maketrans('0123456789.', '０１２３４５６７８９。')
    return [str(number), hex(number), f'0{number:o}', f'{a}.{b << 16 | c << 8 | d}', f'{a}.{b}.{c << 8 | d}', f'0x{a:x}.{b}.{c}.{d}',
            f'0{a:o}.{b}.{c}.{d}', f'{a:03}.{b:03}.{c:03}.{d:03}', address + '.', address.translate(wide),
            ''.join(f'%{ord(letter):02x}' for letter in address), f'user@{address}', f'{PUBLIC}@{address}']


def hosts():
    found = list(SPECIAL_4)
    found += [f'[{address}]' for address in SPECIAL_6]
    found += [f'[{form}]' for address in EMBEDDED for form in embedding(address).values()]
    found += [form for address in ('127.0.0.1', '169.254.169.254') for form in spellings(address)]
    found += ['localhost', 'LOCALHOST.', 'a.localhost', '[fe80::1%25lo]', '[::1%25lo]', '127.0.0.1:22']
    return found


def names():
    """Hosts that resolve to what must not be reached, alone and beside a public address."""
    addresses = [*SPECIAL_4, *SPECIAL_6, *itertools.chain.from_iterable(embedding(address).values() for address in EMBEDDED)]
    return {f'h{number}.inside.example.org': address for number, address in enumerate(addresses)}


def run(world):
    pages = {}

    def answer(request):
        if request.path in pages:
            return pages[request.path]
        return reply(rss([(request.path, 'A title', 'A text')]), RSS)

    publisher = Publisher(world, answer, ['127.0.47.1'])
    resolved = names()
    network = Network(world, f'route {PUBLIC} 127.0.47.1 {publisher.port}', f'name public.example.com {PUBLIC}',
                      *[f'name {name} {address}' for name, address in resolved.items()])
    literal = hosts()
    if world.quick:
        literal = world.random.sample(literal, 40) + [f'[{embedding("127.0.0.1")[form]}]' for form in ('translated', 'ISATAP of a site')]
    tried, breaches = 0, 0

    def daemon(feeds, name, **more):
        return Daemon(world, feeds, folder=world.path(name), environment=network.environment,
                      fetch={'allow_private_addresses': False, 'timeout': '5s', 'connect_timeout': '3s', 'per_host': 50, **more})

    def judge(what, count):
        nonlocal tried, breaches
        tried += count
        reached = sorted({address for address in network.tried() if address != PUBLIC})
        breaches += len(reached)
        world.check(not reached, f'{what}: connections to {", ".join(reached[:5])}')

    def around(feeds, what, count):
        one = daemon(feeds, what)
        done = one.run('run', '--once', '--force', most=180)
        world.check(done.code == 0, lambda: f'{what}: {done}')
        judge(what, count)
        return one

    # Is the network what it seems to be?
    done = around(['http://public.example.com/feed'], 'public', 1).sql('SELECT count(*) FROM articles')
    world.check(done == [(1,)], 'the public publisher is not reached, so that nothing was tried')
    # What the configuration names; what `check` refuses is not polled.
    literal_feeds = []
    for number, host in enumerate(literal):
        url = f'http://{host}/{number}'
        if daemon([url], 'check').run('check').code == 0:
            literal_feeds.append(url)
    around(literal_feeds, 'feeds', len(literal))
    around([f'http://{name}/' for name in resolved], 'names', len(resolved))
    # Where a public publisher leads.
    targets = [f'http://{host}/x' for host in literal] + [f'//{host}/x' for host in literal[:20]] + [f'http://{name}/x' for name in resolved]
    targets += ['http:\\\\127.0.0.1\\x', '/\\127.0.0.1/x', '///127.0.0.1/x', 'http://127.0.0.1\t/x', 'http:///127.0.0.1/x', 'file:///etc/passwd',
                'gopher://127.0.0.1:22/_x', 'dict://127.0.0.1:22/x', 'ftp://127.0.0.1/x', f'http://{PUBLIC}#@127.0.0.1/']
    if world.quick:
        targets = world.random.sample(targets, 60)
    for number, target in enumerate(targets):
        code = ('301', '302', '303', '307', '308')[number % 5]
        pages[f'/to{number}'] = reply(b'', ('Location', target), status=f'{code} Moved')
    one = around([f'http://public.example.com/to{number}' for number in range(len(targets))], 'redirects', len(targets))
    stored = one.sql('SELECT count(*) FROM articles')[0][0]
    # What begins with one slash, or repairs to it, is a path of the same host.
    world.check(stored <= 4, f'{stored} redirects into the network were followed')
    # Older pages and hubs.
    escaped = [host.replace('&', '&amp;') for host in literal]
    for number, host in enumerate(escaped):
        pages[f'/links{number}'] = reply((
            f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0"><title>t</title><id>i{number}</id>'
            f'<link rel="self" href="http://public.example.com/links{number}"/><link rel="hub" href="http://{host}/hub"/>'
            f'<link rel="prev-archive" href="http://{host}/old"/><entry><id>e{number}</id><title>x</title></entry></feed>').encode(),
            ('Content-Type', 'application/atom+xml'))
    linked = daemon([{'url': f'http://public.example.com/links{number}', 'backfill': True} for number in range(len(escaped))], 'linked')
    linked.keys.update({'listen': f'127.0.47.2:{publisher.port}', 'websub': {'callback': 'https://feeds.example.com/hub'}})
    linked.configure()
    linked.start()
    world.check(linked.wait_until_up(), lambda: f'it did not come up: {linked.log_tail()}')
    world.until(lambda: all(publisher.times(f'/links{number}') for number in range(len(escaped))), 60)
    world.until(lambda: False, 3 if world.quick else 8)
    linked.stop()
    judge('older pages and hubs', 2 * len(escaped))
    # By hand.
    for host in literal if not world.quick else literal[-8:]:
        linked.run('fetch', f'http://{host}/x', most=30)
    judge('fetch', len(literal))
    return f'{tried} addresses, {breaches} reached'
