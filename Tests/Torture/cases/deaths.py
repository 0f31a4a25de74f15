"""A feed during whose poll the process dies, each time: it is not asked first after each start, but later and alone, is named by
`status`, and holds up nobody else."""
import threading
import time

from lab.daemon import Daemon
from lab.oracle import judge, settle
from lab.publisher import RSS, Paper, Publisher, reply

DEADLY = '/deadly'


def run(world):
    paper = Paper(10)
    # Long enough to be read for a while.
    items = b''.join(b'<item><guid>%d</guid><title>Title %d</title><description>%s</description></item>' % (k, k, b'words ' * 100)
                     for k in range(9000))
    document = reply(b'<rss version="2.0"><channel><title>t</title>' + items + b'</channel></rss>', RSS)

    def end_it():
        process = daemon.process
        time.sleep(world.random.uniform(0.2, 0.6))
        if process and process.poll() is None and not paper.ends:
            process.kill()

    def answer(request):
        if request.path != DEADLY or paper.ends:
            return paper.answer(request)

        def send(connection):
            connection.sendall(document)
            threading.Thread(target=end_it, daemon=True).start()
            connection.recv(1)
        return send

    publisher = Publisher(world, answer, ['127.0.56.1', '127.0.56.2'])
    daemon = Daemon(world, [publisher.url('127.0.56.2', DEADLY), *[publisher.url('127.0.56.1', path) for path in paper.paths]],
                    schedule={'min_interval': '2s', 'max_interval': '2s', 'retry_first': '60s', 'retry_max': '10m'})
    daemon.supervise()
    first = world.until(lambda: daemon.ends, 60)
    world.check(first, 'it did not die, so that nothing was tried')
    began, named = time.monotonic(), False
    seconds = 20 if world.quick else 30
    while time.monotonic() - began < seconds:
        named = named or any(DEADLY in str(problem) for problem in daemon.status().get('problems', []))
        time.sleep(0.5)
    asked = len(publisher.times(DEADLY))
    polls = [len(publisher.times(path, began)) for path in paper.paths]
    # Now and then it dies before it has the document.
    world.check(asked <= 4, f'the feed was asked {asked} times in {seconds} s, and ended the daemon {len(daemon.ends)} times')
    world.check(named, 'status never named it')
    world.check(min(polls) >= 2, f'other feeds were polled {min(polls)} to {max(polls)} times in {seconds} s')
    paper.ends = True
    time.sleep(1)
    code = daemon.stop()
    world.check(code == 0, lambda: f'stopped with {code}: {daemon.log_tail()}')
    daemon.feeds = daemon.feeds[1:]
    daemon.configure()
    settle(world, daemon, paper)
    return f'asked {asked} times for {len(daemon.ends)} deaths, others polled {min(polls)} to {max(polls)} times in {seconds} s, {judge(world, daemon, paper)}'
