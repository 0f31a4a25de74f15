"""SIGKILL at single system calls: before a call that changes a file, and after half of a write.

Each command is run once to count its calls, and then again and again from the same beginning, killed at another call each
time. What is left must be whole, and the same command must then come to the same end as if it had never been killed.
"""
import os
import shutil

from lab.daemon import Daemon
from lab.publisher import RSS, Publisher, reply, rss

FEEDS = 5
EDITIONS = {'now': 1}


def document(path):
    number, edition = int(path[1:]), EDITIONS['now']
    first = 4 * (edition - 1)
    entries = [(f'{number}-{entry}', f'Title {number} {entry}',
                f'Text {entry} of feed {number} ' + 'and more ' * 40 + ('(edited)' if edition > 1 and entry % 2 else ''))
               for entry in range(first, first + 8)]
    if number == FEEDS - 1:
        # The first feed's story stands here as well.
        entries.append((f'copy-{edition}', f'Title 0 {first}', f'Text {first} of feed 0 ' + 'and more ' * 40))
    return rss(entries, f'Feed {number}')


def answer(request):
    tag = f'"{EDITIONS["now"]}"'
    if request.field('If-None-Match') == tag:
        return reply(b'', ('ETag', tag), status='304 Not Modified')
    return reply(document(request.path), ('ETag', tag), RSS)


class Scenario:
    def __init__(self, name, polls, edition, *words, result=None):
        self.name, self.polls, self.edition, self.words, self.result = name, polls, edition, words, result


SCENARIOS = [
    Scenario('first poll', 0, 1, 'run', '--once'),
    Scenario('poll', 1, 2, 'run', '--once', '--force'),
    Scenario('backup', 2, 2, 'backup', 'RESULT', result='folder'),
    Scenario('export', 2, 2, 'export', '--format', 'jsonl', '--output', 'RESULT', result='file'),
    Scenario('cursor', 2, 2, 'tail', '--cursor', 'mine'),
]


def state(daemon):
    """What the archive says, without the numbers that depend on which feed came first."""
    return {
        'articles': sorted(daemon.sql('SELECT title, content_text, revision, sightings FROM articles')),
        'places': sorted(daemon.sql('SELECT feed_url, guid, url FROM sightings')),
        'states': sorted(daemon.sql('SELECT revision, content_hash, title FROM revisions')),
        'changes': sorted(daemon.sql('SELECT kind, count(*) FROM changes GROUP BY kind')),
    }


class Bench:
    def __init__(self, world, publisher, scenario):
        self.world, self.scenario, self.publisher = world, scenario, publisher
        self.folder = world.path(scenario.name.replace(' ', '-'))
        EDITIONS['now'] = 1
        begin = self.daemon(os.path.join(self.folder, 'begin'))
        for poll in range(scenario.polls):
            EDITIONS['now'] = poll + 1
            done = begin.run('run', '--once', '--force')
            world.check(done.code == 0, lambda: f'{scenario.name}: {done}')
        EDITIONS['now'] = scenario.edition
        self.begin = begin
        # Undisturbed: what it comes to, and by which calls.
        log = os.path.join(self.folder, 'calls')
        daemon = self.again()
        done = self.command(daemon, FAULTS_LOG=log)
        world.check(done.code == 0, lambda: f'{scenario.name}: {done}')
        self.calls = open(log).read().split('\n')[:-1] if os.path.exists(log) else []
        world.check(self.calls, f'{scenario.name}: the program changes no file, or is linked so that nobody can look')
        self.wanted, self.wanted_file = state(daemon), self.file(daemon)

    def daemon(self, folder):
        feeds = [self.publisher.url('127.0.32.1', f'/{number}') for number in range(FEEDS)]
        return Daemon(self.world, feeds, folder=folder, keep={'raw': 'changed'})

    def again(self):
        """From the beginning: the same folder as ever, with what was there then."""
        folder = os.path.join(self.folder, 'now')
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.begin.folder, folder)
        return self.daemon(folder)

    def result(self, daemon):
        return os.path.join(daemon.folder, 'result')

    def file(self, daemon):
        path = self.result(daemon)
        return open(path, 'rb').read() if self.scenario.result == 'file' and os.path.exists(path) else None

    def command(self, daemon, again=False, **faults):
        words = [self.result(daemon) if word == 'RESULT' else word for word in self.scenario.words]
        # A feed at whose document the program died is not polled at once, but when somebody asks for it.
        if again and words[:2] == ['run', '--once'] and '--force' not in words:
            words.append('--force')
        environment = {'LD_PRELOAD': self.world.shim('faults'), 'FAULTS_BELOW': daemon.folder, **faults} if faults else None
        return daemon.run(*words, environment=environment)

    def kill(self, how, number):
        """Whether it was killed; the number of calls differs a little from run to run."""
        check, daemon = self.world.check, self.again()
        where = f'{self.scenario.name}, {how} at call {number} of {len(self.calls)} ({self.calls[number - 1]})'
        done = self.command(daemon, FAULTS_AT=str(number), FAULTS_DO=how)
        if done.code == 0:
            return False
        check(done.code == -9, lambda: f'{where}: {done}')
        if self.is_archive(daemon):
            verdict = daemon.run('verify')
            check(verdict.code == 0, lambda: f'{where}: verify: {verdict}')
        if self.scenario.result == 'file':
            check(self.file(daemon) in (None, self.wanted_file), f'{where}: half a file bears the name')
        copy = os.path.join(self.result(daemon), 'archive.sqlite3')
        is_copied = self.scenario.result == 'folder' and os.path.exists(copy)
        done = self.command(daemon, again=True)
        # A copy that bears its name is whole, and is never overwritten.
        check(done.code == 0 or is_copied and done.code == 73, lambda: f'{where}: again: {done}')
        verdict = daemon.run('verify')
        check(verdict.code == 0, lambda: f'{where}: verify after the second time: {verdict}')
        if self.scenario.result == 'folder':
            verdict = daemon.run('verify', '--archive', self.result(daemon))
            check(verdict.code == 0, lambda: f'{where}: verify of the copy: {verdict}')
        now = state(daemon)
        check(now == self.wanted, lambda: f'{where}: other {", ".join(k for k in now if now[k] != self.wanted[k])} than undisturbed')
        check(self.file(daemon) == self.wanted_file, f'{where}: another file than undisturbed')
        return True

    @staticmethod
    def is_archive(daemon):
        """One whose making was cut short is none yet."""
        try:
            return daemon.sql("SELECT count(*) FROM sqlite_schema WHERE name = 'changes'")[0][0] > 0
        except Exception:
            return False


def run(world):
    publisher = Publisher(world, answer, ['127.0.32.1'])
    scenarios = SCENARIOS[:2] if world.quick else SCENARIOS
    benches = [Bench(world, publisher, scenario) for scenario in scenarios]
    kills, tried = dict.fromkeys([scenario.name for scenario in scenarios], 0), set()
    # In turn, so that each has had its share whenever the time is over.
    turn = 0
    while world.left() > 3 or turn < 2 * len(benches):
        bench = benches[turn % len(benches)]
        turn += 1
        EDITIONS['now'] = bench.scenario.edition
        how = world.random.choice(['kill', 'kill', 'tear'])
        numbers = [number for number, call in enumerate(bench.calls, 1)
                   if (how == 'kill' or call.startswith(('write', 'pwrite'))) and (bench, how, number) not in tried]
        if not numbers:
            if turn > 10_000:
                break
            continue
        number = world.random.choice(numbers)
        tried.add((bench, how, number))
        kills[bench.scenario.name] += bench.kill(how, number)
    told = ', '.join(f'{name} {count} of {len(bench.calls)}' for (name, count), bench in zip(kills.items(), benches))
    world.check(sum(kills.values()) >= len(benches), 'hardly anything was killed')
    return f'{sum(kills.values())} kills at single calls ({told})'
