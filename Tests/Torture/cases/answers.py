"""Some eighty kinds of hostile answers at once, beside good feeds: those are polled on time, memory and descriptors come back,
nothing of it all reaches a terminal, a log or a spreadsheet as anything but text."""
import csv
import io
import re
import time

from lab.daemon import Daemon
from lab.hostile import Hostile, kinds
from lab.oracle import judge
from lab.publisher import Paper, Publisher, lateness, percentile
from lab.world import descriptors, memory

INTERVAL = 5
# C0 but the line end, DEL, C1, line separators, and what turns the direction of writing.
CONTROL = re.compile('[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]')


def check_outputs(world, daemon, urls):
    def look(what, data, allowed=''):
        found = sorted({hex(ord(letter)) for letter in CONTROL.findall(data.decode('utf-8', 'replace')) if letter not in allowed})
        world.check(not found, f'{what} has control characters: {found[:6]}')

    strange = daemon.sql("SELECT DISTINCT article_id FROM sightings WHERE guid LIKE '%forged%' OR url LIKE '%forged%'")
    words = [['articles'], ['articles', '--json'], ['feeds'], ['feeds', '--json'], ['feeds', '--failing'], ['status'], ['tail'],
             ['search', 'forged'], ['export', '--format', 'csv'], ['export', '--format', 'jsonl'], ['export', '--format', 'atom'],
             ['export', '--format', 'opml'], ['metrics'], *[['fetch', url] for url in urls],
             *[['show', str(number), *more] for number, in strange[:2] for more in ([], ['--json'], ['--revisions'], ['--why'], ['--html'])]]
    for word in words:
        answer = daemon.run(*word)
        name = ' '.join(word)[:60]
        world.check(answer.code in (0, 1, 2), lambda: f'{name}: {answer}')
        look(name, answer.out, '\r' if 'csv' in word else '')
        look(name + ' (stderr)', answer.err)
        if 'csv' in word:
            csv.field_size_limit(1 << 30)
            rows = csv.reader(io.StringIO(answer.out.decode('utf-8', 'replace'), newline=''))
            formulas = [cell[:30] for row in rows for cell in row if cell[:1] in ('=', '+', '-', '@', '\t', '\r')]
            world.check(not formulas, f'a spreadsheet would run {formulas[:2]}')
    with open(daemon.log, 'rb') as file:
        log = file.read()
    look('the log', log)
    world.check(not re.search(rb'^error: forged', log, re.M), 'a line of the log was forged')
    return len(words)


def run(world):
    answers = kinds()
    if world.quick:
        chosen = set(world.random.sample(sorted(answers), 25)) | {'codings 50000', 'controls', 'controls in JSON', 'formula', 'outside entity', 'endless body'}
        answers = {name: answer for name, answer in answers.items() if name in chosen}
    hostile = Hostile(world, answers, '127.0.41.')
    paper = Paper(20)
    addresses = [f'127.0.42.{number}' for number in range(1, 21)]
    publisher = Publisher(world, paper.answer, addresses)
    good = [publisher.url(address, path) for address, path in zip(addresses, paper.paths)]
    daemon = Daemon(world, good, fetch={'concurrency': 64, 'timeout': '10s'},
                    schedule={'min_interval': f'{INTERVAL}s', 'max_interval': f'{INTERVAL}s', 'retry_first': f'{INTERVAL}s', 'retry_max': '10s'})
    daemon.supervise()
    world.check(daemon.wait_until_up(), lambda: f'it did not come up: {daemon.log_tail()}')
    world.until(lambda: all(len(publisher.times(path)) > 1 for path in paper.paths), 60)
    pid, before, files = daemon.process.pid, memory(daemon.process.pid), descriptors(daemon.process.pid)
    daemon.feeds = good + hostile.urls
    daemon.configure()
    world.check(daemon.run('reload').code == 0, 'reload failed')
    began, peak, slow, hung = time.monotonic(), 0, 0.0, 0
    seconds = 12 if world.quick else 90
    while time.monotonic() - began < seconds:
        status = daemon.status()
        slow, hung = max(slow, status['seconds']), hung + ('daemon-hung' in daemon.codes(status))
        for _ in range(5):
            peak = max(peak, memory(pid))
            time.sleep(0.2)
    until = time.monotonic()
    world.check(not daemon.ends, lambda: f'the daemon ended {len(daemon.ends)} times: {sorted(set(daemon.ends))} {daemon.log_tail()}')
    late = lateness(publisher, paper.paths, INTERVAL, began, until)
    p99 = percentile(late, 0.99)
    world.check(p99 <= (20 if world.quick else 5), f'good feeds were late by {p99:.1f} s at the 99th percentile')
    world.check(not hung, f'status said daemon-hung {hung} times')
    peak = max(peak, memory(pid, 'VmHWM'))
    world.check(peak <= (600 if world.quick else 300), f'{peak} MB at the peak')
    failing = daemon.sql("SELECT count(*) FROM feeds WHERE last_error_code IS NOT NULL AND url LIKE '%/paper%'")[0][0]
    world.check(not failing, f'{failing} good feeds fail')
    stolen = daemon.sql("SELECT count(*) FROM articles WHERE content_text LIKE '%root:x:0%' OR title LIKE '%root:x:0%'")[0][0]
    world.check(not stolen, 'a file was read through an entity')
    wanted = [name for name in ('controls', 'controls in JSON', 'validator of controls', 'status 999') if name in answers]
    looked = check_outputs(world, daemon, [hostile.urls[hostile.names.index(name)] for name in wanted])
    after = ''
    if not world.quick:
        daemon.feeds = good
        daemon.configure()
        daemon.run('reload')
        world.until(lambda: memory(pid) <= before + 100 and descriptors(pid) <= files + 10, 45, 1)
        world.check(memory(pid) <= before + 100, f'{before} MB before, {memory(pid)} MB after')
        world.check(descriptors(pid) <= files + 10, f'{files} descriptors before, {descriptors(pid)} after')
        after = f'/{memory(pid)}'
    code = daemon.stop()
    world.check(code == 0, lambda: f'stopped with {code}: {daemon.log_tail()}')
    figures = judge(world, daemon, paper)
    return (f'{hostile.count.value} answers of {len(answers)} kinds, memory {before}/{peak}{after} MB, good feeds late by {p99:.1f} s '
            f'(99 %), slowest status {slow:.1f} s, {looked} outputs clean, {figures}')
