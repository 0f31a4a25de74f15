-- An archive of version 1 as its program left it: five feeds of the demo, polled twice.
PRAGMA application_id = 1768843108;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE article (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  revision INTEGER NOT NULL,
  shown_content INTEGER NOT NULL,
  shown_sighting INTEGER NOT NULL,
  first_seen INTEGER NOT NULL
  ) STRICT;
INSERT INTO "article" VALUES(1,1,1,1,1795615044780);
INSERT INTO "article" VALUES(2,2,5,2,1795615044780);
INSERT INTO "article" VALUES(3,1,3,3,1795615044796);
INSERT INTO "article" VALUES(4,1,4,5,1795615044869);
CREATE TABLE attachment (
  article_id INTEGER NOT NULL,
  sighting_id INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  url TEXT NOT NULL,
  mime_type TEXT,
  title TEXT,
  size_in_bytes INTEGER,
  duration_in_seconds REAL,
  PRIMARY KEY (article_id, sighting_id, ordinal)
  ) STRICT, WITHOUT ROWID;
INSERT INTO "attachment" VALUES(3,3,0,'http://127.0.0.1:38975/magazine/12.mp3','audio/mpeg',NULL,4194304,NULL);
CREATE TABLE change (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  article_id INTEGER,
  revision INTEGER,
  feed_id INTEGER
  ) STRICT;
INSERT INTO "change" VALUES(1,1795615044780,'new',1,1,1);
INSERT INTO "change" VALUES(2,1795615044780,'new',2,1,1);
INSERT INTO "change" VALUES(3,1795615044796,'new',3,1,3);
INSERT INTO "change" VALUES(4,1795615044797,'duplicate',1,1,2);
INSERT INTO "change" VALUES(5,1795615044869,'new',4,1,1);
INSERT INTO "change" VALUES(6,1795615044869,'revised',2,2,1);
CREATE TABLE content (
  id INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL,
  hash BLOB NOT NULL,
  form INTEGER NOT NULL,
  length INTEGER NOT NULL,
  superseded INTEGER NOT NULL DEFAULT 0,
  title TEXT,
  kind TEXT NOT NULL,
  body TEXT,
  text TEXT
  ) STRICT;
INSERT INTO "content" VALUES(1,1,X'C8C788D55FC149D7F6167CDE9150E869B80A0C70F241A1771A5AA22F9C86F273',1,285,0,'Bridge closed to lorries','html','<p>The old bridge over the river will be closed to lorries from Monday, the city council said on Thursday. Engineers who inspected it after the spring flood found cracks in two of its five piers. Buses and cars may go on crossing it, one lane at a time, while the repair is being planned.</p>','The old bridge over the river will be closed to lorries from Monday, the city council said on Thursday. Engineers who inspected it after the spring flood found cracks in two of its five piers. Buses and cars may go on crossing it, one lane at a time, while the repair is being planned.');
INSERT INTO "content" VALUES(2,2,X'D38BC4B1AAB16153538FEA256F81AD251E1483CBFE6FFF92B4804B68801DA68E',1,244,1,'Library opens its reading room','html','<p>The town library opens its new reading room on Saturday with a day of readings in four languages. The room, once the waiting hall of the railway station, seats a hundred and twenty people and will stay open until ten in the evening on weekdays.</p>','The town library opens its new reading room on Saturday with a day of readings in four languages. The room, once the waiting hall of the railway station, seats a hundred and twenty people and will stay open until ten in the evening on weekdays.');
INSERT INTO "content" VALUES(3,3,X'91382A5B90913AAA83B6BFE4C897AC3199BBF5B81101D88F64A0FCD839B38E5B',1,38,0,'Дар бораи пули кӯҳна','html','<p>Пули кӯҳна аз соли 1911 боқӣ мондааст.</p>','Пули кӯҳна аз соли 1911 боқӣ мондааст.');
INSERT INTO "content" VALUES(4,4,X'253E19C6E66BD322FCBB9F37C75A83C5E11B86225D98C1549D9EC4A8D853DD71',1,215,0,'Market wants longer evenings','html','<p>Traders of the covered market want to stay open until eight in the evening in summer. The council will hear them next week; neighbours have asked for quiet after seven, and for the rubbish to be fetched before dawn.</p>','Traders of the covered market want to stay open until eight in the evening in summer. The council will hear them next week; neighbours have asked for quiet after seven, and for the rubbish to be fetched before dawn.');
INSERT INTO "content" VALUES(5,2,X'B10BC563EAE80425C2F63AEDF43F8D23583878B18C96E9F08C2E9A035438E4CB',1,260,0,'Library opens its reading room','html','<p>The town library opens its new reading room on Sunday, a day later than planned, with readings in four languages. The room, once the waiting hall of the railway station, seats a hundred and twenty people and will stay open until ten in the evening on weekdays.</p>','The town library opens its new reading room on Sunday, a day later than planned, with readings in four languages. The room, once the waiting hall of the railway station, seats a hundred and twenty people and will stay open until ten in the evening on weekdays.');
CREATE TABLE counter (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
INSERT INTO "counter" VALUES('articles',4);
INSERT INTO "counter" VALUES('duplicates',1);
INSERT INTO "counter" VALUES('last_write',1795615044876);
INSERT INTO "counter" VALUES('revisions',5);
CREATE TABLE feed (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  configured_url TEXT NOT NULL UNIQUE,
  url TEXT NOT NULL,
  host TEXT NOT NULL,
  configured INTEGER NOT NULL,
  configured_title TEXT,
  tags TEXT NOT NULL,
  settings TEXT NOT NULL,
  title TEXT,
  home_page_url TEXT,
  hub TEXT,
  state TEXT NOT NULL,
  etag BLOB,
  last_modified BLOB,
  validators_url TEXT,
  document_hash BLOB,
  document_modified INTEGER,
  last_poll INTEGER,
  last_success INTEGER,
  last_change INTEGER,
  last_status INTEGER,
  next_poll INTEGER,
  interval INTEGER,
  interval_reason TEXT,
  failures INTEGER NOT NULL DEFAULT 0,
  failing_since INTEGER,
  error_code TEXT,
  error_message TEXT,
  notice_code TEXT,
  notice_message TEXT,
  notice_since INTEGER,
  freshness INTEGER,
  learned INTEGER,
  ttl INTEGER,
  update_period INTEGER,
  skip_hours INTEGER NOT NULL DEFAULT 0,
  skip_days INTEGER NOT NULL DEFAULT 0,
  articles INTEGER NOT NULL DEFAULT 0,
  added INTEGER NOT NULL
  ) STRICT;
INSERT INTO "feed" VALUES(1,'http://127.0.0.1:38975/news.rss','http://127.0.0.1:38975/news.rss','127.0.0.1',1,NULL,'["news"]','9c873970ae0cb7484c2ddf7cf84cef81c69b16f6e69714efdaaba4d43dee2540','The Daily Example','http://127.0.0.1:38975/',NULL,'active',X'226564306632646138336435346436346322',NULL,'http://127.0.0.1:38975/news.rss',X'8DF8891419A5F853CB8263FC8702A424B78802FBF6108A2B8ADB29DF44C20168',NULL,1795615044869,1795615044869,1795615044869,200,1795625844869,10800000,'learned',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,10800000,NULL,NULL,0,0,3,1795615044770);
INSERT INTO "feed" VALUES(2,'http://127.0.0.1:38975/wire.atom','http://127.0.0.1:38975/wire.atom','127.0.0.1',1,NULL,'["news"]','31f330b181e0b70332b40a5c55d769665378288922cb7548ccceb578dbae2543','Example Wire','http://127.0.0.1:38975/wire/',NULL,'active',X'226239306661316338663231336334373522',NULL,'http://127.0.0.1:38975/wire.atom',X'F78109374D0FAC067E61D6942C9330B9B761F5304711C9DF4A87BFA9D5061314',NULL,1795615044876,1795615044876,NULL,304,1795651044876,36000000,'learned',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,36000000,NULL,NULL,0,0,1,1795615044770);
INSERT INTO "feed" VALUES(3,'http://127.0.0.1:38975/magazine.json','http://127.0.0.1:38975/magazine.json','127.0.0.1',1,NULL,'[]','eadcc73e50a86b022b03dbb1fd7a97d2f107d91438d4c1327ef91fda5bed8b28','Example Magazine','http://127.0.0.1:38975/magazine/',NULL,'active',X'223162336239663866313937316531653122',NULL,'http://127.0.0.1:38975/magazine.json',X'E9A81C5F92E9C02318829E48BE526D969AA4AB7AAE07ECFF2DD23172DC04CFB4',NULL,1795615044874,1795615044874,1795615044796,304,1795654644874,39600000,'learned',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,39600000,NULL,NULL,0,0,1,1795615044770);
INSERT INTO "feed" VALUES(4,'http://127.0.0.1:38975/broken.rss','http://127.0.0.1:38975/broken.rss','127.0.0.1',1,NULL,'[]','fe6703809a47a1fc2cde7b8247614725c4d0de0b4f2f5a551a7818ed9dac4791',NULL,NULL,NULL,'failing',NULL,NULL,NULL,NULL,NULL,1795615044867,NULL,NULL,500,1795615159118,114251,'backoff',2,1795615044788,'http-500','the server answered 500 Internal Server Error',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,1795615044770);
INSERT INTO "feed" VALUES(5,'http://127.0.0.1:38975/closed.rss','http://127.0.0.1:38975/closed.rss','127.0.0.1',1,NULL,'[]','5554eb81a4ab1d97f1984d699dde6902b091340994d0fcc9cd3f97c92ce9b4d7',NULL,NULL,NULL,'gone',NULL,NULL,NULL,NULL,NULL,1795615044780,NULL,NULL,410,NULL,NULL,NULL,1,1795615044780,'http-410','the server says that the feed is gone for good (410)',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,1795615044770);
CREATE TABLE host (
  name TEXT PRIMARY KEY,
  paused_until INTEGER NOT NULL,
  since INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
CREATE TABLE poll (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  feed_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  status INTEGER,
  error_code TEXT,
  bytes INTEGER NOT NULL,
  milliseconds INTEGER NOT NULL,
  new INTEGER NOT NULL,
  revised INTEGER NOT NULL,
  duplicates INTEGER NOT NULL
  ) STRICT;
INSERT INTO "poll" VALUES(1,5,1795615044780,'failed',410,'http-410',91,4,0,0,0);
INSERT INTO "poll" VALUES(2,1,1795615044780,'changed',200,NULL,1431,4,2,0,0);
INSERT INTO "poll" VALUES(3,4,1795615044788,'failed',500,'http-500',148,3,0,0,0);
INSERT INTO "poll" VALUES(4,3,1795615044796,'changed',200,NULL,852,1,1,0,0);
INSERT INTO "poll" VALUES(5,2,1795615044797,'not_modified',200,NULL,1114,1,0,0,1);
INSERT INTO "poll" VALUES(6,4,1795615044867,'failed',500,'http-500',148,2,0,0,0);
INSERT INTO "poll" VALUES(7,3,1795615044874,'not_modified',304,NULL,106,4,0,0,0);
INSERT INTO "poll" VALUES(8,1,1795615044869,'changed',200,NULL,1914,3,1,1,0);
INSERT INTO "poll" VALUES(9,2,1795615044876,'not_modified',304,NULL,106,0,0,0,0);
CREATE TABLE revision (
  article_id INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  content_id INTEGER NOT NULL REFERENCES content (id),
  feed_id INTEGER NOT NULL REFERENCES feed (id),
  modified INTEGER,
  seen INTEGER NOT NULL,
  PRIMARY KEY (article_id, revision)
  ) STRICT, WITHOUT ROWID;
INSERT INTO "revision" VALUES(1,1,1,1,NULL,1795615044780);
INSERT INTO "revision" VALUES(2,1,2,1,NULL,1795615044780);
INSERT INTO "revision" VALUES(2,2,5,1,NULL,1795615044869);
INSERT INTO "revision" VALUES(3,1,3,3,NULL,1795615044796);
INSERT INTO "revision" VALUES(4,1,4,1,NULL,1795615044869);
CREATE TABLE sighting (
  id INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES article (id),
  feed_id INTEGER NOT NULL REFERENCES feed (id),
  guid TEXT,
  url TEXT,
  url_key INTEGER,
  published INTEGER,
  modified INTEGER,
  content_id INTEGER NOT NULL REFERENCES content (id),
  author TEXT,
  language TEXT,
  summary TEXT,
  entry TEXT NOT NULL,
  fingerprint INTEGER NOT NULL,
  rule INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER
  ) STRICT;
INSERT INTO "sighting" VALUES(1,1,1,'news-1','http://127.0.0.1:38975/2026/bridge?utm_source=rss',-5292776885843809219,1795104000000,NULL,1,NULL,NULL,NULL,'{"id":"news-1","url":"http://127.0.0.1:38975/2026/bridge?utm_source=rss","date_published":"2026-11-19T16:00:00Z","_ingestd":{"title":{"type":"text","value":"Bridge closed to lorries"},"summary":{"type":"html","value":"<p>The old bridge over the river will be closed to lorries from Monday, the city council said on Thursday. Engineers who inspected it after the spring flood found cracks in two of its five piers. Buses and cars may go on crossing it, one lane at a time, while the repair is being planned.</p>"},"links":[{"href":"http://127.0.0.1:38975/2026/bridge?utm_source=rss","rel":"alternate"}],"id_is_permalink":false}}',6211340638212775910,5,1795615044780,NULL);
INSERT INTO "sighting" VALUES(2,2,1,'news-2','http://127.0.0.1:38975/2026/library',8198207157669562802,1795167000000,NULL,5,NULL,NULL,NULL,'{"id":"news-2","url":"http://127.0.0.1:38975/2026/library","date_published":"2026-11-20T09:30:00Z","_ingestd":{"title":{"type":"text","value":"Library opens its reading room"},"summary":{"type":"html","value":"<p>The town library opens its new reading room on Sunday, a day later than planned, with readings in four languages. The room, once the waiting hall of the railway station, seats a hundred and twenty people and will stay open until ten in the evening on weekdays.</p>"},"links":[{"href":"http://127.0.0.1:38975/2026/library","rel":"alternate"}],"id_is_permalink":false}}',8474501812643574467,5,1795615044780,NULL);
INSERT INTO "sighting" VALUES(3,3,3,'m-12','http://127.0.0.1:38975/magazine/12',6527436929792515707,1794970800000,NULL,3,'Редаксия','tg',NULL,'{"id":"m-12","url":"http://127.0.0.1:38975/magazine/12","date_published":"2026-11-18T03:00:00Z","authors":[{"name":"Редаксия"}],"language":"tg","attachments":[{"url":"http://127.0.0.1:38975/magazine/12.mp3","mime_type":"audio/mpeg","size_in_bytes":4194304}],"_ingestd":{"title":{"type":"text","value":"Дар бораи пули кӯҳна"},"authors":[{"name":"Редаксия"}]}}',6286425769188740709,5,1795615044796,NULL);
INSERT INTO "sighting" VALUES(4,1,2,'tag:example.org,2026:wire-77','http://127.0.0.1:38975/wire/77',6235026319828612944,1795107600000,1795107600000,1,NULL,NULL,NULL,'{"id":"tag:example.org,2026:wire-77","url":"http://127.0.0.1:38975/wire/77","date_published":"2026-11-19T17:00:00Z","date_modified":"2026-11-19T17:00:00Z","_ingestd":{"title":{"type":"text","value":"Bridge closed to lorries"},"links":[{"href":"http://127.0.0.1:38975/wire/77"}]}}',-6521214850189598760,3,1795615044797,NULL);
INSERT INTO "sighting" VALUES(5,4,1,'news-3','http://127.0.0.1:38975/2026/market',6004952740839072301,1795244400000,NULL,4,NULL,NULL,NULL,'{"id":"news-3","url":"http://127.0.0.1:38975/2026/market","date_published":"2026-11-21T07:00:00Z","_ingestd":{"title":{"type":"text","value":"Market wants longer evenings"},"summary":{"type":"html","value":"<p>Traders of the covered market want to stay open until eight in the evening in summer. The council will hear them next week; neighbours have asked for quiet after seven, and for the rubbish to be fetched before dawn.</p>"},"links":[{"href":"http://127.0.0.1:38975/2026/market","rel":"alternate"}],"id_is_permalink":false}}',-4715577862504687136,5,1795615044869,NULL);
CREATE TABLE tally (
  bucket INTEGER PRIMARY KEY,
  total INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  not_modified INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  new INTEGER NOT NULL,
  revised INTEGER NOT NULL,
  duplicates INTEGER NOT NULL
  ) STRICT;
INSERT INTO "tally" VALUES(5985383,9,3,3,3,5910,4,1,1);
CREATE TABLE unreliable (
  feed_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (feed_id, kind, value)
  ) STRICT, WITHOUT ROWID;
CREATE INDEX feed_host ON feed (host);
CREATE INDEX content_hash ON content (hash);
CREATE INDEX sighting_guid ON sighting (feed_id, guid) WHERE guid IS NOT NULL;
CREATE INDEX sighting_url ON sighting (url_key) WHERE url_key IS NOT NULL;
CREATE INDEX sighting_article ON sighting (article_id);
CREATE INDEX sighting_current ON sighting (feed_id) WHERE last_seen IS NULL;
CREATE VIEW articles AS SELECT
  a.id, s.url, c.title, s.author, s.summary,
  CASE c.kind WHEN 'html' THEN c.body END AS content_html,
  CASE c.kind WHEN 'text' THEN c.body ELSE c.text END AS content_text,
  s.language, strftime('%Y-%m-%dT%H:%M:%SZ', s.published / 1000, 'unixepoch') AS published, strftime('%Y-%m-%dT%H:%M:%SZ', s.modified / 1000, 'unixepoch') AS modified, strftime('%Y-%m-%dT%H:%M:%SZ', a.first_seen / 1000, 'unixepoch') AS first_seen,
  (SELECT strftime('%Y-%m-%dT%H:%M:%SZ', max(coalesce(s2.last_seen, f2.last_success, s2.first_seen)) / 1000,
  'unixepoch') FROM sighting s2 JOIN feed f2 ON f2.id = s2.feed_id WHERE s2.article_id = a.id) AS last_seen,
  'sha256:' || lower(hex(c.hash)) AS content_hash,
  a.revision,
  (SELECT count(*) FROM revision r WHERE r.article_id = a.id) AS revisions,
  (SELECT count(*) FROM sighting s3 WHERE s3.article_id = a.id) AS sightings,
  f.url AS feed_url, coalesce(f.configured_title, f.title) AS feed_title
  FROM article a
  JOIN content c ON c.id = a.shown_content
  JOIN sighting s ON s.id = a.shown_sighting
  JOIN feed f ON f.id = s.feed_id;
CREATE VIEW revisions AS SELECT
  r.article_id, r.revision, 'sha256:' || lower(hex(c.hash)) AS content_hash, c.title,
  CASE c.kind WHEN 'html' THEN c.body END AS content_html,
  CASE c.kind WHEN 'text' THEN c.body ELSE c.text END AS content_text,
  strftime('%Y-%m-%dT%H:%M:%SZ', r.modified / 1000, 'unixepoch') AS modified, strftime('%Y-%m-%dT%H:%M:%SZ', r.seen / 1000, 'unixepoch') AS seen
  FROM revision r JOIN content c ON c.id = r.content_id;
CREATE VIEW sightings AS SELECT
  s.article_id, f.url AS feed_url, s.guid, s.url, strftime('%Y-%m-%dT%H:%M:%SZ', s.published / 1000, 'unixepoch') AS published, strftime('%Y-%m-%dT%H:%M:%SZ', s.first_seen / 1000, 'unixepoch') AS first_seen,
  strftime('%Y-%m-%dT%H:%M:%SZ', coalesce(s.last_seen, f.last_success, s.first_seen) / 1000, 'unixepoch') AS last_seen
  FROM sighting s JOIN feed f ON f.id = s.feed_id;
CREATE VIEW attachments AS SELECT
  article_id, url, mime_type, title, size_in_bytes, duration_in_seconds
  FROM attachment GROUP BY article_id, url;
CREATE VIEW feeds AS SELECT
  f.url, f.configured_url, coalesce(f.configured_title, f.title) AS title, f.state, f.tags, f.articles,
  strftime('%Y-%m-%dT%H:%M:%SZ', f.last_poll / 1000, 'unixepoch') AS last_poll, strftime('%Y-%m-%dT%H:%M:%SZ', f.last_success / 1000, 'unixepoch') AS last_success, strftime('%Y-%m-%dT%H:%M:%SZ', f.last_change / 1000, 'unixepoch') AS last_change, f.last_status,
  strftime('%Y-%m-%dT%H:%M:%SZ', f.next_poll / 1000, 'unixepoch') AS next_poll, f.interval / 1000 AS interval_seconds, f.interval_reason, f.failures,
  f.error_code AS last_error_code, f.error_message AS last_error_message,
  CAST(f.etag AS TEXT) AS etag, CAST(f.last_modified AS TEXT) AS last_modified, f.hub
  FROM feed f WHERE f.configured;
CREATE VIEW changes AS SELECT
  h.seq, strftime('%Y-%m-%dT%H:%M:%SZ', h.at / 1000, 'unixepoch') AS at, h.kind, h.article_id, h.revision, f.url AS feed_url
  FROM change h LEFT JOIN feed f ON f.id = h.feed_id;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('feed',5);
INSERT INTO "sqlite_sequence" VALUES('article',4);
INSERT INTO "sqlite_sequence" VALUES('change',6);
INSERT INTO "sqlite_sequence" VALUES('poll',9);
COMMIT;
