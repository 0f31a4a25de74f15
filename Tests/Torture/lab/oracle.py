"""Holds an archive against what a publisher knows."""
from urllib.parse import urlsplit


class Figures:
    def __init__(self, articles, lost, doubled):
        self.articles, self.lost, self.doubled = articles, lost, doubled

    def __str__(self):
        return f'{self.articles} articles, lost {self.lost}, doubled {self.doubled}'


def is_sound(daemon):
    """What a look at the files alone can tell: whether SQLite's structure is whole, and the change log without a gap."""
    structure = daemon.sql('PRAGMA integrity_check')
    lines = [seq for seq, in daemon.sql('SELECT seq FROM changes ORDER BY seq')]
    return structure == [('ok',)] and lines == list(range(1, len(lines) + 1))


def judge(world, daemon, paper, seen=0, verify=True):
    """Checks that everything acknowledged is there once and nothing that was not published, and counts.

    `seen` is the newest line of the change log that a reader saw.
    """
    world.check(not paper.strange, lambda: paper.strange[0])
    if verify:
        verdict = daemon.run('verify', most=300)
        world.check(verdict.code == 0, lambda: f'verify: {verdict}')
    world.check(is_sound(daemon), 'the database or its change log is not whole')
    newest = daemon.sql('SELECT coalesce(max(seq), 0) FROM changes')[0][0]
    world.check(newest >= seen, f'a reader saw line {seen} of the change log, which ends at {newest} now')
    places = [(urlsplit(url).path, guid) for url, guid in daemon.sql('SELECT feed_url, guid FROM sightings')
              if urlsplit(url).path in paper.edition]
    missing = paper.truth() - set(places)
    world.check(not missing, lambda: f'{len(missing)} acknowledged entries are lost, such as {sorted(missing)[:2]}')
    twice = len(places) - len(set(places))
    world.check(not twice, f'{twice} places are there twice')
    articles, = daemon.sql("SELECT count(*) FROM articles WHERE title LIKE 'Title % of /paper%'")[0]
    titles, = daemon.sql("SELECT count(DISTINCT title) FROM articles WHERE title LIKE 'Title % of /paper%'")[0]
    world.check(articles == titles, f'{articles - titles} articles are there twice')
    with paper.lock:
        published = {(path, paper.guid(path, number)) for path, edition in paper.edition.items()
                     for number in range(edition + paper.WINDOW)}
    forged = set(places) - published
    world.check(not forged, lambda: f'{len(forged)} entries were never published, such as {sorted(forged)[:2]}')
    return Figures(articles, len(missing), twice + articles - titles)


def settle(world, daemon, paper):
    """Stops the presses and polls all once more, twice: the second time nothing may be new."""
    paper.ends = True
    for _ in range(2):
        round = daemon.run('run', '--once', '--force', most=180)
        world.check(round.code == 0, lambda: f'a round at the end: {round}')
