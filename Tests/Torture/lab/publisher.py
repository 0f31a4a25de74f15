"""Publishers on the loopback network, and the truth about what they published."""
import contextlib
import hashlib
import selectors
import socket
import threading
import time
from xml.sax.saxutils import escape

RSS = ('Content-Type', 'application/rss+xml')


class Request:
    def __init__(self, method, path, fields, body, address):
        self.method, self.path, self.fields, self.body, self.address = method, path, fields, body, address
        self.time = time.monotonic()

    def field(self, name):
        return self.fields.get(name.lower(), '')


def reply(body=b'', *fields, status='200 OK'):
    """An answer of which nothing is strange."""
    head = [f'HTTP/1.1 {status}', *(f'{name}: {value}' for name, value in fields)]
    if not status.startswith('304'):
        head.append(f'Content-Length: {len(body)}')
    return '\r\n'.join([*head, '', '']).encode('utf-8', 'surrogateescape') + body


def rss(entries, title='A feed', more=''):
    """A document of entries: guid, title and text."""
    items = ''.join(f'<item><guid isPermaLink="false">{escape(guid)}</guid><link>http://paper.example/{escape(guid)}</link>'
                    f'<title>{escape(name)}</title><description>{escape(text)}</description></item>' for guid, name, text in entries)
    return (f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{escape(title)}</title>'
            f'<link>http://paper.example/</link><description>d</description>{more}{items}</channel></rss>').encode()


class Publisher:
    """Answers HTTP at some addresses of 127.0.0.0/8. `answer` makes a request into bytes, or into a function that is given
    the connection and closes it."""

    def __init__(self, world, answer, addresses=('127.0.0.1',)):
        self.answer, self.asked, self.errors = answer, [], []
        self._selector, self._open, self._lock, self._ends = selectors.DefaultSelector(), set(), threading.Lock(), False
        self.port, self._listeners = self._listen(list(addresses))
        for listener in self._listeners:
            self._selector.register(listener, selectors.EVENT_READ)
        threading.Thread(target=self._accept, daemon=True).start()
        world.at_end(self.close)

    @staticmethod
    def _listen(addresses):
        for _ in range(50):
            listeners, port = [], 0
            try:
                for address in addresses:
                    listener = socket.socket()
                    listeners.append(listener)
                    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    listener.bind((address, port))
                    listener.listen(1024)
                    listener.setblocking(False)
                    port = listener.getsockname()[1]
                return port, listeners
            except OSError:
                for listener in listeners:
                    listener.close()
        raise RuntimeError('no port is free at all addresses')

    def url(self, address, path):
        return f'http://{address}:{self.port}{path}'

    def close(self):
        self._ends = True
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def drop_connections(self):
        """All that are open now."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while not self._ends:
            for key, _ in self._selector.select(0.2):
                with contextlib.suppress(OSError):
                    connection, _ = key.fileobj.accept()
                    connection.setblocking(True)
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
        for listener in self._listeners:
            listener.close()

    def _serve(self, connection):
        with self._lock:
            self._open.add(connection)
        try:
            received = b''
            while not self._ends:
                while b'\r\n\r\n' not in received:
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    received += piece
                head, _, received = received.partition(b'\r\n\r\n')
                first, *lines = head.decode('latin-1').split('\r\n')
                method, path, _ = first.split(' ', 2)
                fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(':') for line in lines)}
                while len(received) < int(fields.get('content-length', 0)):
                    received += connection.recv(65536)
                length = int(fields.get('content-length', 0))
                body, received = received[:length], received[length:]
                request = Request(method, path, fields, body, connection.getsockname()[0])
                self.asked.append((request.time, path))
                answer = self.answer(request)
                if callable(answer):
                    answer(connection)
                    return
                connection.sendall(answer)
        except (OSError, ValueError):
            pass
        except Exception as error:
            self.errors.append(repr(error))
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def times(self, path=None, since=0.0):
        return [when for when, where in list(self.asked) if when >= since and path in (None, where)]


class Paper:
    """Feeds of which each poll that was acknowledged brings another edition.

    A poll is acknowledged when its validator comes back: from then on everything up to that edition must be in the archive,
    once, whatever happens. `ends` stops the presses: then what is asked for again is a 304.
    """
    WINDOW = 5

    def __init__(self, feeds, words=40):
        self.paths = [f'/paper{number}' for number in range(feeds)]
        self.words, self.lock, self.ends = words, threading.Lock(), False
        self.edition = dict.fromkeys(self.paths, 0)
        self.acknowledged = dict.fromkeys(self.paths, -1)
        self.strange = []

    def guid(self, path, number):
        return f'{path[1:]}-{number}'

    def entries(self, path, edition):
        def text(number):
            seed = hashlib.sha256(f'{path} {number}'.encode()).hexdigest()
            words = ' '.join(seed[k % 60:k % 60 + 5] for k in range(self.words))
            # The oldest one of an edition is an edited one, if its number says so.
            edited = ' (corrected)' if number == edition and number % 3 == 0 and number > 0 else ''
            return f'Story {number} of {path}: {words}{edited}'
        return [(self.guid(path, number), f'Title {number} of {path}', text(number))
                for number in range(edition, edition + self.WINDOW)]

    def answer(self, request):
        path = request.path
        if path not in self.edition:
            return reply(status='404 Not Found')
        with self.lock:
            tag = request.field('If-None-Match')
            if tag:
                known = int(tag.strip('"'))
                if known > self.edition[path]:
                    self.strange.append(f'{path} was asked with a validator that was never sent: {tag}')
                self.acknowledged[path] = max(self.acknowledged[path], known)
                if self.ends and known == self.edition[path]:
                    return reply(b'', ('ETag', f'"{known}"'), status='304 Not Modified')
                if known == self.edition[path]:
                    self.edition[path] += 1
            edition = self.edition[path]
        return reply(rss(self.entries(path, edition), f'Paper {path}'), ('ETag', f'"{edition}"'), RSS)

    def truth(self):
        """Feed's path and guid of everything that was acknowledged."""
        with self.lock:
            return {(path, self.guid(path, number)) for path, edition in self.acknowledged.items() if edition >= 0
                    for number in range(edition + self.WINDOW)}


def lateness(publisher, paths, interval, since, until):
    """By how many seconds each request came later than the interval after the one before, sorted; the silence before `until`
    counts as well."""
    late = []
    for path in paths:
        times = [when for when in publisher.times(path) if since - interval <= when <= until]
        if not times:
            late.append(until - since)
        for earlier, later in zip(times, [*times[1:], None]):
            late.append(max(0.0, (until if later is None else later) - earlier - interval))
    return sorted(late)


def percentile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0
