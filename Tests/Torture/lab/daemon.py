"""The program under test: one archive, its configuration, and the processes on it."""
import json
import os
import re
import signal
import sqlite3
import subprocess
import threading
import time

PLAIN = re.compile(r'[0-9]+(ms|s|m|h|d|y|KiB|MiB|GiB|%)?|auto|none|changed|forever|all|off')


def yaml(value):
    """In one line. Words of the configuration stay bare; all other text is quoted."""
    if value is None:
        return 'null'
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, dict):
        return '{' + ', '.join(f'{json.dumps(key)}: {yaml(item)}' for key, item in value.items()) + '}'
    if isinstance(value, (list, tuple)):
        return '[' + ', '.join(map(yaml, value)) + ']'
    if isinstance(value, str) and not PLAIN.fullmatch(value):
        return json.dumps(value)
    return str(value)


class Answer:
    """What a command came to."""

    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds

    def __str__(self):
        return f'exit {self.code}: {(self.err or self.out).decode("utf-8", "replace").strip()[-300:]}'


class Daemon:
    def __init__(self, world, feeds, *, archive=None, folder=None, fetch=None, schedule=None, environment=None, **keys):
        self.world, self.feeds = world, list(feeds)
        self.folder = folder or world.path('daemon')
        os.makedirs(self.folder, exist_ok=True)
        self.archive = archive or os.path.join(self.folder, 'archive')
        self.configuration = os.path.join(self.folder, 'feeds.yaml')
        self.log = os.path.join(self.folder, 'log')
        self.environment, self.before = dict(environment or {}), []
        self.preexec = None
        self.fetch = {'host_delay': '0s', 'per_host': 8, 'timeout': '20s', 'connect_timeout': '10s',
                      'allow_private_addresses': True, 'proxy': None, **(fetch or {})}
        self.schedule = {'min_interval': '1s', 'max_interval': '1s', 'retry_first': '1s', 'retry_max': '2s', **(schedule or {})}
        self.keys = {'status': {'disk_free': '1MiB', 'disk_free_critical': '1KiB'}, **keys}
        self.process, self.ends, self._supervisor, self._stopping = None, [], None, threading.Event()
        self.configure()
        world.at_end(self.close)

    @property
    def database(self):
        return os.path.join(self.archive, 'archive.sqlite3')

    def configure(self):
        keys = {'archive': self.archive, 'fetch': self.fetch, 'schedule': self.schedule, **self.keys, 'feeds': self.feeds}
        with open(self.configuration + '.new', 'w') as file:
            file.writelines(f'{key}: {yaml(value)}\n' for key, value in keys.items() if key != 'feeds')
            file.write('feeds:\n' if self.feeds else 'feeds: []\n')
            file.writelines(f'  - {yaml(feed)}\n' for feed in self.feeds)
        os.rename(self.configuration + '.new', self.configuration)

    # ---- processes

    def _environment(self, more=None):
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith('INGESTD') and not name.lower().endswith('_proxy')
                 and name not in ('STATE_DIRECTORY', 'RUNTIME_DIRECTORY', 'NOTIFY_SOCKET', 'WATCHDOG_USEC')}
        # A crash tells its reason and no more.
        clean['SWIFT_BACKTRACE'] = 'enable=no'
        return {**clean, **self.environment, **(more or {})}

    def _command(self, words):
        name, *rest = words
        return [*self.before, self.world.program, name, '--config', self.configuration, '--archive', self.archive, *rest]

    def start(self, *more, environment=None):
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen(
                self._command(['run', '--log-level', 'warning', *more]), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self._environment(environment), cwd=self.folder, preexec_fn=self.preexec)
        return self.process

    def supervise(self):
        """Starts it again two seconds after each failure, as the packaged unit does."""
        def watch():
            while not self._stopping.is_set():
                code = self.start().wait()
                if self._stopping.is_set():
                    return
                self.ends.append(code)
                if code in (0, 64, 78) or self._stopping.wait(2):
                    return
        self._stopping.clear()
        self._supervisor = threading.Thread(target=watch, daemon=True)
        self._supervisor.start()

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def wait_until_up(self, most=180):
        def is_up():
            return not self.is_running() and not self._supervisor or self.status().get('daemon', {}).get('responsive')
        return bool(self.world.until(is_up, most)) and self.is_running()

    def stop(self, most=60):
        """Ends it as a service manager does; its exit code, or 'hung'."""
        return self._end(signal.SIGTERM, most)

    def kill(self):
        return self._end(signal.SIGKILL, 60)

    def _end(self, number, most):
        self._stopping.set()
        process, code = self.process, None
        if process:
            if process.poll() is None:
                process.send_signal(number)
            try:
                code = process.wait(most)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                code = 'hung'
        if self._supervisor:
            self._supervisor.join(30)
            self._supervisor = None
        return code

    def close(self):
        if self.is_running() or self._supervisor:
            self.kill()

    # ---- commands

    def run(self, *words, most=120, environment=None, preexec=None):
        began = time.monotonic()
        try:
            done = subprocess.run(self._command(words), cwd=self.folder, env=self._environment(environment),
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=most, preexec_fn=preexec)
        except subprocess.TimeoutExpired as late:
            return Answer('timeout', late.stdout or b'', late.stderr or b'', time.monotonic() - began)
        return Answer(done.returncode, done.stdout, done.stderr, time.monotonic() - began)

    def status(self):
        """The JSON of `status`, with its exit code as 'exit' and the seconds that it took."""
        answer = self.run('status', '--json', most=30)
        try:
            told = json.loads(answer.out)
        except ValueError:
            told = {}
        return {**told, 'exit': answer.code, 'seconds': answer.seconds}

    @staticmethod
    def codes(status, severity=None):
        return sorted({problem.get('code') for problem in status.get('problems', [])
                       if severity in (None, problem.get('severity'))})

    def sql(self, query, *arguments):
        connection = sqlite3.connect(f'file:{self.database}?mode=ro', uri=True, timeout=30)
        try:
            return connection.execute(query, arguments).fetchall()
        finally:
            connection.close()

    def log_tail(self, characters=300):
        try:
            with open(self.log, 'rb') as file:
                return file.read().decode('utf-8', 'replace')[-characters:]
        except FileNotFoundError:
            return ''
