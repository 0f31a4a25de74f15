"""Links where the program writes, and other users of the machine: nothing outside the archive's folder is changed, nobody else
commands the daemon or keeps it from starting, and secrets stay what they are."""
import os
import pwd
import stat
import sys

from lab.daemon import Daemon
from lab.publisher import RSS, Publisher, reply, rss
from lab.world import become

PRECIOUS = 'precious\n'
# Argument: the lock's file. Says whether it could be held, and holds it until it is ended.
HOLDER = '''
import fcntl, os, sys, time
try:
    file = os.open(sys.argv[1], os.O_RDONLY)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    print("held", flush=True)
except OSError as error:
    print("refused", error, flush=True)
time.sleep(600)
'''
# Argument: the socket, and what to say to it.
CALLER = '''
import socket, sys
caller = socket.socket(socket.AF_UNIX)
caller.settimeout(10)
try:
    caller.connect(sys.argv[1])
    caller.sendall(sys.argv[2].encode())
    print(caller.recv(200).decode("latin-1"))
except OSError as error:
    print("refused", error)
'''


class Victim:
    """A file outside that nothing may change."""

    def __init__(self, world):
        self.world, self.path, self.tries = world, world.path('victim'), 0
        self.renew()

    def renew(self):
        with open(self.path, 'w') as file:
            file.write(PRECIOUS)

    def check(self, what):
        self.tries += 1
        with open(self.path) as file:
            now = file.read()
        self.world.check(now == PRECIOUS, f'{what}: a file outside was changed to {now[:30]!r}')
        self.renew()


def links(world, feeds, victim):
    daemon = Daemon(world, feeds, folder=world.path('links'), keep={'raw': 'changed'})
    done = daemon.run('run', '--once')
    world.check(done.code == 0, lambda: f'a round: {done}')
    cursors = os.path.join(daemon.archive, 'cursors')
    os.makedirs(cursors, exist_ok=True)
    for name, words in [('mine', ['ack', 'mine', '1']), ('.mine.use', ['tail', '--cursor', 'mine']), ('.replacement', ['ack', 'mine', '1'])]:
        link = os.path.join(cursors, name)
        if os.path.lexists(link):
            os.remove(link)
        os.symlink(victim.path, link)
        daemon.run(*words)
        victim.check(f'cursors/{name} is a link')
        if os.path.lexists(link):
            os.remove(link)
    os.mkfifo(os.path.join(cursors, 'pipe'))
    os.symlink('/dev/zero', os.path.join(cursors, 'zeros'))
    answer = daemon.run('cursors', most=20)
    world.check(answer.code != 'timeout', 'cursors hangs on a pipe or a device in its folder')
    for name in ('pipe', 'zeros'):
        os.remove(os.path.join(cursors, name))
    for name in ('lock', 'archive.sqlite3-wal', 'archive.sqlite3-shm', 'ingestd.sock'):
        other = Daemon(world, feeds, folder=world.path('link-' + name))
        os.makedirs(other.archive)
        os.symlink(victim.path, os.path.join(other.archive, name))
        other.start()
        world.until(lambda: not other.is_running() or other.status().get('daemon', {}).get('responsive'), 10)
        other.stop()
        victim.check(f'{name} is a link')
    for name in ('lock', 'archive.sqlite3', 'archive.sqlite3.partial', 'archive.sqlite3.partial-journal'):
        copy = world.path('copy-' + name)
        os.makedirs(copy)
        os.symlink(victim.path, os.path.join(copy, name))
        daemon.run('backup', copy)
        victim.check(f'a backup where {name} is a link')
    for name in ('../outside', '..', '.', '/etc/x', 'a/b', '', 'x\n', 'a' * 101):
        answer = daemon.run('tail', '--cursor=' + name)
        world.check(answer.code not in (0, 'timeout'), f'a cursor called {name[:20]!r} was taken')
        victim.tries += 1
    verdict = daemon.run('verify')
    world.check(verdict.code == 0, lambda: f'verify: {verdict}')


def others(world, feeds):
    """As somebody else on the machine, which only root can play."""
    nobody = pwd.getpwnam('nobody')
    somebody = become(nobody.pw_uid, nobody.pw_gid)
    python = '/usr/bin/python3' if os.path.exists('/usr/bin/python3') else sys.executable
    daemon = Daemon(world, feeds, folder=world.path('others'))
    os.chmod(daemon.folder, 0o755)
    tries = 0
    daemon.start()
    world.check(daemon.wait_until_up(), lambda: f'it did not come up: {daemon.log_tail()}')
    control = os.path.join(daemon.archive, 'ingestd.sock')
    mode = stat.S_IMODE(os.stat(control).st_mode)
    world.check(mode & 0o077 == 0, f'the control socket has mode {mode:o}')
    os.chmod(daemon.archive, 0o755)
    for opened in (False, True):
        if opened:
            os.chmod(control, 0o777)
        for line in ('GET /status', 'POST /reload', 'PUT /log-level', 'POST /pause'):
            request = f'{line} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\ntrace'
            caller = world.spawn([python, '-c', CALLER, control, request], stdout=-1, preexec_fn=somebody)
            said = caller.communicate()[0].decode()
            world.check('refused' in said or ' 403' in said.split('\r\n')[0], f'another user: {line} was answered {said[:60]!r}')
            tries += 1
    os.chmod(control, 0o600)
    for words in (['reload'], ['poll', feeds[0]], ['log-level', 'trace']):
        answer = daemon.run(*words, preexec=somebody)
        world.check(answer.code != 0, f'another user: {words[0]} exits 0')
        tries += 1
    daemon.stop()
    # What may be read may be locked.
    lock = os.path.join(daemon.archive, 'lock')
    if os.path.exists(lock):
        holder = world.spawn([python, '-c', HOLDER, lock], stdout=-1, preexec_fn=somebody)
        said = holder.stdout.readline().decode()
        done = daemon.run('run', '--once')
        world.check(done.code == 0, lambda: f'another user ({said.strip()}) keeps it from starting: {done}')
        holder.kill()
        holder.wait()
        tries += 1
    # A folder where others may put things.
    os.chmod(daemon.archive, 0o777)
    answer = daemon.run('run', '--once')
    world.check(answer.code != 0, 'a folder that everybody may write to is used as an archive')
    os.chmod(daemon.archive, 0o750)
    return tries + 1


def readable_secret(world, feeds):
    secret = world.path('secret')
    with open(secret, 'w') as file:
        file.write('hunter2-hunter2\n')
    daemon = Daemon(world, [{'url': feeds[0], 'auth': {'username': 'me', 'password_file': secret}}], folder=world.path('secrets'))
    os.chmod(secret, 0o644)
    answer = daemon.run('check')
    world.check(answer.code != 0 or secret in (answer.out + answer.err).decode(), 'check is silent about a secret that everybody may read')
    os.chmod(secret, 0o600)
    world.check(daemon.run('check').code == 0, 'check refuses a secret that is the owner\'s alone')
    for words in (['check'], ['run', '--once'], ['feeds', '--json'], ['explain', feeds[0]], ['export', '--format', 'opml']):
        answer = daemon.run(*words)
        world.check(b'hunter2' not in answer.out + answer.err, f'{words[0]} prints a secret')
    return 6


def run(world):
    publisher = Publisher(world, lambda request: reply(rss([('1', 'One', 'text'), ('2', 'Two', 'text')]), RSS), ['127.0.54.1'])
    feeds = [publisher.url('127.0.54.1', '/feed')]
    victim = Victim(world)
    links(world, feeds, victim)
    told = f'{victim.tries} links and names'
    if os.geteuid() == 0:
        told += f', {others(world, feeds)} attempts of another user'
    else:
        told += ', another user skipped: needs root'
    return told + f', {readable_secret(world, feeds)} looks for a secret'
