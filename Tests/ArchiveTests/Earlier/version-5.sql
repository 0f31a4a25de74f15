-- An archive of version 5 as its program left it: that of version 4, brought up to date; one text is kept as pieces of its markup.
PRAGMA application_id = 1768843108;
PRAGMA user_version = 5;
BEGIN TRANSACTION;
CREATE TABLE feed (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    configured_url TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,              -- where the next poll goes
    host TEXT NOT NULL,             -- of url, in one spelling
    configured INTEGER NOT NULL,    -- 0: no longer in the configuration
    configured_title TEXT,
    tags TEXT NOT NULL,             -- JSON array
    settings TEXT NOT NULL,         -- differs when the configuration of this feed differs
    title TEXT,
    home_page_url TEXT,
    hub TEXT,
    state TEXT NOT NULL,
    etag BLOB,                      -- byte for byte
    last_modified BLOB,
    validators_url TEXT,            -- the URL that gave them
    document_hash BLOB,
    document_modified INTEGER,
    last_poll INTEGER,
    last_success INTEGER,
    last_change INTEGER,
    last_status INTEGER,
    next_poll INTEGER,
    interval INTEGER,               -- milliseconds
    interval_reason TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    error_code TEXT,
    error_message TEXT,
    notice_code TEXT,
    notice_message TEXT,
    notice_since INTEGER,
    freshness INTEGER,              -- milliseconds, as the next three
    learned INTEGER,
    ttl INTEGER,
    update_period INTEGER,
    skip_hours INTEGER NOT NULL DEFAULT 0,
    skip_days INTEGER NOT NULL DEFAULT 0,
    articles INTEGER NOT NULL DEFAULT 0,
    added INTEGER NOT NULL,
    last_document INTEGER,          -- when a whole document last came
    posting_history BLOB,           -- rate and rhythm, in the schedule's form
    window INTEGER NOT NULL DEFAULT 0,      -- entries in the last document
    narrow_streak INTEGER NOT NULL DEFAULT 0, -- polls in a row whose document was known by less than half
    losses INTEGER NOT NULL DEFAULT 0,      -- polls ever whose document held nothing known
    last_loss INTEGER,
    demand REAL,                    -- polls an hour that it is worth at a price of 1
    price REAL,                     -- of a poll when the last one was scheduled, in hours of waiting
    topic TEXT,                     -- where the document says that it lives
    scope TEXT NOT NULL DEFAULT '', -- of host: the hosts that pause together
    churny_since INTEGER,           -- an article of it changes at nearly every poll
    last_churn INTEGER,             -- the last poll that found it so
    newest_entry INTEGER,
    silence_alarm_at INTEGER,       -- from when on it is odd that nothing comes; null where that is never told
    silence_asked INTEGER NOT NULL DEFAULT 0 -- 1: the configuration says so, 0: by the feed's own rhythm
) STRICT;
INSERT INTO "feed" VALUES(1,'http://127.0.0.1:46095/news.rss','http://127.0.0.1:46095/news.rss','127.0.0.1',1,NULL,'["news"]','aa84c6121208a439c363036a72b7271045e0d3e168bfbbd2204fdd6e15d782cf','The Daily Example','http://127.0.0.1:46095/',NULL,'active',X'223561623662653764323535323237336322',NULL,'http://127.0.0.1:46095/news.rss',X'FD7A0794641C0CFB6B175F167A12DC96496972FB1B74D1F8B65FB59E49DBC674',NULL,1795634823312,1795634823312,1795634823312,200,1795645623312,10800000,'learned',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,10800000,NULL,NULL,0,0,3,1795634823247,1795634823312,X'0290002D14A201000075002D14A2010000D6FF7F3FFEFF3F40785E3BBCD791803F7B96BF4142532BB4D4F1D63FC1B4EE42F63730BD66F4F43F25270C43E4BCE1BD000000008989B540000000005E91B54000000000429DB540000000009BBAB540000000003BEBB540000000007CF7B540000000000808B64000000000CE0BB640000000006B4EB640CDE8693F2099B640000000003BCDB6400000000064DAB6400000000039FEB640000000009A19B74000000000CA3DB74000000000B954B74000000000A13CD44000000000FD46D44000000000675DD4400000803F48FBC240000000004EE9B44000000000FB27B54000000000C269B54000000000AC7CB54000000000C857B541000000000133B841000000005625BB410000803FE5D799410000000086A5E740CDE8693FC1A9AF41000000009082B2416FF30143',3,0,0,NULL,0.10978388653758288,NULL,'http://127.0.0.1:46095/news.rss','127.0.0.1',NULL,NULL,1795634823285,NULL,0);
INSERT INTO "feed" VALUES(2,'http://127.0.0.1:46095/wire.atom','http://127.0.0.1:46095/wire.atom','127.0.0.1',1,NULL,'["news"]','14d8117b9b26a66071ba94af953e36db083c5e2c47112505b3e70a133010a4a3','Example Wire','http://127.0.0.1:46095/wire/',NULL,'active',X'226538383164333134386161373534313722',NULL,'http://127.0.0.1:46095/wire.atom',X'EBDF7BE576BFF6C2D4104D6E6882B7B6FEB24187EA308907F7F2C20AF24599D5',NULL,1795634823318,1795634823318,NULL,304,1795670823318,36000000,'learned',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,36000000,NULL,NULL,0,0,1,1795634823247,1795634823266,X'0262002D14A20100008036C0F4A1010000000000000000404081B9B6BF00000000FE91BF4198F5BEBF00000000216AED4274A3DABF00000000FA3F0B43B3210BC000000000C345B540000000003F4DB540000000004863B540000000007977B54000000000E1C8B540000000005BF6B540000000002224B64000000000FB28B64000000000D275B640000000001088B640000000009193B640000000002EB8B64000000000D3D4B6400000000074DAB64000000000B4E0B6400000000041EBB640000000001742B74000000000CD6CD44000000000D07AD440000000005A20C34000000000FF00B540000000008C10B540000000009937B540000000009A40B540000000004E3AB541000000002B16B84100000000210ABB410000000028B8994100000000D6C2CA40000000002C9CAF41000000000F65B24100000000',1,0,0,NULL,0.03576420703536888,NULL,'http://127.0.0.1:46095/wire.atom','127.0.0.1',NULL,NULL,1795107600000,NULL,0);
INSERT INTO "feed" VALUES(3,'http://127.0.0.1:46095/magazine.json','http://127.0.0.1:46095/magazine.json','127.0.0.1',1,NULL,'[]','bc926e288dd0b49aa588c160b1ca17e626ce42c680e5f57f4fea79060f68eeaa','Example Magazine','http://127.0.0.1:46095/magazine/',NULL,'active',X'226531313934626631636337663133353522',NULL,'http://127.0.0.1:46095/magazine.json',X'9FF4B984629E52E19C806F28FE3F2D5D6C25C55E6F9802742ED4C9BEF80BC766',NULL,1795634823318,1795634823318,1795634823265,304,1795674423318,39600000,'learned',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,39600000,NULL,NULL,0,0,1,1795634823247,1795634823265,X'0261002D14A201000080CF98ECA101000000000000000040406650C1BF000000006BE9BF41619EC9BF000000007FF10D4313E4E5BF0000000056202D434BCC12C000000000FE66D140000000004571D14000000000D8C5D14000000000182EEE4000000000BD3BEE4000000000AF4FEE4000000000DBE7EE40000000007DF9EE4000000000861FEF40000000004A28EF4000000000512DEF40000000001190EF400000000078A7EF400000000023BBEF40000000006D0AF04000000000B736F040000000004C63F040000000000668F04000000000DCB2F04000000000355CDF4000000000DD1BD14000000000863FD140000000006C5BD14000000000E760D14000000000BDF4B4410000000090DCB7410000000014B8BA4100000000CD2C174200000000039DAC41000000005C59AF4100000000A61BB24100000000',1,0,0,NULL,0.032323231790363845,NULL,'http://127.0.0.1:46095/magazine.json','127.0.0.1',NULL,NULL,1794970800000,NULL,0);
INSERT INTO "feed" VALUES(4,'http://127.0.0.1:46095/broken.rss','http://127.0.0.1:46095/broken.rss','127.0.0.1',1,NULL,'[]','0c950d682ff4467241d0d6ff21f39072cb71f9699dbefed00996427f9dc80f47',NULL,NULL,NULL,'failing',NULL,NULL,NULL,NULL,NULL,1795634823313,NULL,NULL,500,1795634936228,112915,'backoff',2,1795634823265,'http-500','the server answered 500 Internal Server Error',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,1795634823247,NULL,NULL,0,0,0,NULL,NULL,NULL,NULL,'127.0.0.1',NULL,NULL,NULL,NULL,0);
INSERT INTO "feed" VALUES(5,'http://127.0.0.1:46095/closed.rss','http://127.0.0.1:46095/closed.rss','127.0.0.1',1,NULL,'[]','496e7f313702d9c79fe704a813789f61e8d887ed9d06f4c20ab05564e10a6766',NULL,NULL,NULL,'gone',NULL,NULL,NULL,NULL,NULL,1795634823259,NULL,NULL,410,NULL,NULL,NULL,1,1795634823259,'http-410','the server says that the feed is gone for good (410)',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,1795634823247,NULL,NULL,0,0,0,NULL,NULL,NULL,NULL,'127.0.0.1',NULL,NULL,NULL,NULL,0);
CREATE TABLE host (
    name TEXT PRIMARY KEY,          -- a pause scope
    paused_until INTEGER NOT NULL,
    pause INTEGER NOT NULL,         -- milliseconds, which the next pause doubles
    slowness INTEGER NOT NULL,      -- doublings of the distance between request starts
    calm_since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "host" VALUES('127.0.0.1',1795615044780,60000,0,1795615044780);
CREATE TABLE outage (
    since INTEGER NOT NULL
) STRICT;
CREATE TABLE operator_pause (
    feed_id INTEGER UNIQUE REFERENCES feed (id),
    host TEXT UNIQUE,               -- in one spelling; one of the two is null
    since INTEGER NOT NULL,
    until INTEGER,                  -- null: until it is resumed
    CHECK ((feed_id IS NULL) <> (host IS NULL))
) STRICT;
INSERT INTO "operator_pause" VALUES(NULL,'127.0.0.1',1795615044780,NULL);
CREATE TABLE feed_count (
    state TEXT PRIMARY KEY,
    feeds INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "feed_count" VALUES('active',3);
INSERT INTO "feed_count" VALUES('failing',1);
INSERT INTO "feed_count" VALUES('gone',1);
CREATE TABLE webhook (
    id TEXT PRIMARY KEY,            -- SHA-256 of the URL, which may itself be a secret
    host TEXT NOT NULL,
    configured INTEGER NOT NULL,    -- 0: no longer in the configuration
    settings TEXT NOT NULL,         -- differs when the configuration of this webhook differs
    position INTEGER NOT NULL,      -- all lines up to it were acknowledged, or are not for it
    delivered INTEGER NOT NULL DEFAULT 0,
    last_delivery INTEGER,
    stopped INTEGER NOT NULL DEFAULT 0,     -- it answered 410
    next_attempt INTEGER,           -- after a failure: not before
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    error_code TEXT,
    error_message TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO "webhook" VALUES('a1','hook.example.org',1,'s',3,0,NULL,0,NULL,0,NULL,NULL,NULL);
CREATE TABLE article (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    revision INTEGER NOT NULL,      -- the newest
    -- These two refer to rows that are written after the article's. As foreign keys they would cost a
    -- walk through this table for each of those rows.
    shown_content INTEGER NOT NULL,
    shown_sighting INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    thinned INTEGER NOT NULL DEFAULT 0 -- revisions that are no longer kept
) STRICT;
INSERT INTO "article" VALUES(1,1,1,1,1795634823259,0);
INSERT INTO "article" VALUES(2,2,5,2,1795634823259,0);
INSERT INTO "article" VALUES(3,1,3,3,1795634823265,0);
INSERT INTO "article" VALUES(4,1,4,5,1795634823312,0);
CREATE TABLE content (
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL,
    hash BLOB NOT NULL,             -- SHA-256 of the canonical form
    form INTEGER NOT NULL,          -- the canonical form's version
    length INTEGER NOT NULL,        -- Unicode scalars of the canonical text
    superseded INTEGER NOT NULL DEFAULT 0, -- an edit has replaced it
    title TEXT,                     -- plain text
    kind TEXT NOT NULL,             -- of body: html, text, none
    body TEXT,                      -- as published
    text TEXT,                      -- plain; null where it is the body to the letter
    enclosures TEXT                 -- of an entry without text: their URLs as JSON, part of the hash
) STRICT;
INSERT INTO "content" VALUES(1,1,X'C8C788D55FC149D7F6167CDE9150E869B80A0C70F241A1771A5AA22F9C86F273',2,285,0,'Bridge closed to lorries','html','<p>The old bridge over the river will be closed to lorries from Monday, the city council said on Thursday. Engineers who inspected it after the spring flood found cracks in two of its five piers. Buses and cars may go on crossing it, one lane at a time, while the repair is being planned.</p>',' [16669]',NULL);
INSERT INTO "content" VALUES(2,2,X'D38BC4B1AAB16153538FEA256F81AD251E1483CBFE6FFF92B4804B68801DA68E',2,244,1,'Library opens its reading room','html','<p>The town library opens its new reading room on Saturday with a day of readings in four languages. The room, once the waiting hall of the railway station, seats a hundred and twenty people and will stay open until ten in the evening on weekdays.</p>','The town library opens its new reading room on Saturday with a day of readings in four languages. The room, once the waiting hall of the railway station, seats a hundred and twenty people and will stay open until ten in the evening on weekdays.',NULL);
INSERT INTO "content" VALUES(3,3,X'91382A5B90913AAA83B6BFE4C897AC3199BBF5B81101D88F64A0FCD839B38E5B',2,38,0,'Дар бораи пули кӯҳна','html','<p>Пули кӯҳна аз соли 1911 боқӣ мондааст.</p>','Пули кӯҳна аз соли 1911 боқӣ мондааст.',NULL);
INSERT INTO "content" VALUES(4,4,X'253E19C6E66BD322FCBB9F37C75A83C5E11B86225D98C1549D9EC4A8D853DD71',2,215,0,'Market wants longer evenings','html','<p>Traders of the covered market want to stay open until eight in the evening in summer. The council will hear them next week; neighbours have asked for quiet after seven, and for the rubbish to be fetched before dawn.</p>','Traders of the covered market want to stay open until eight in the evening in summer. The council will hear them next week; neighbours have asked for quiet after seven, and for the rubbish to be fetched before dawn.',NULL);
INSERT INTO "content" VALUES(5,2,X'B10BC563EAE80425C2F63AEDF43F8D23583878B18C96E9F08C2E9A035438E4CB',2,260,0,'Library opens its reading room','html','<p>The town library opens its new reading room on Sunday, a day later than planned, with readings in four languages. The room, once the waiting hall of the railway station, seats a hundred and twenty people and will stay open until ten in the evening on weekdays.</p>','The town library opens its new reading room on Sunday, a day later than planned, with readings in four languages. The room, once the waiting hall of the railway station, seats a hundred and twenty people and will stay open until ten in the evening on weekdays.',NULL);
CREATE TABLE revision (
    article_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    content_id INTEGER NOT NULL,
    feed_id INTEGER NOT NULL REFERENCES feed (id), -- that showed it first
    modified INTEGER,               -- as the entry said
    seen INTEGER NOT NULL,
    record_id INTEGER,              -- the raw document that brought it, where it was kept
    run INTEGER NOT NULL DEFAULT 0, -- its place among states that the feed showed without rest
    PRIMARY KEY (article_id, revision)
) STRICT, WITHOUT ROWID;
INSERT INTO "revision" VALUES(1,1,1,1,NULL,1795634823259,NULL,0);
INSERT INTO "revision" VALUES(2,1,2,1,NULL,1795634823259,NULL,0);
INSERT INTO "revision" VALUES(2,2,5,1,NULL,1795634823312,NULL,1);
INSERT INTO "revision" VALUES(3,1,3,3,NULL,1795634823265,NULL,0);
INSERT INTO "revision" VALUES(4,1,4,1,NULL,1795634823312,NULL,0);
CREATE TABLE sighting (
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES article (id),
    feed_id INTEGER NOT NULL REFERENCES feed (id),
    guid TEXT,
    url TEXT,
    url_key INTEGER,                -- 64 bits of SHA-256 of the canonical URL
    published INTEGER,
    modified INTEGER,
    content_id INTEGER NOT NULL,
    author TEXT,
    language TEXT,
    summary TEXT,
    entry TEXT NOT NULL,            -- all that the entry said but its body: JSON, or that deflated
    fingerprint INTEGER NOT NULL,   -- of the whole entry: equal means nothing has changed
    rule INTEGER NOT NULL,          -- by which it joined its article
    first_seen INTEGER NOT NULL,
    last_seen INTEGER,              -- null while it stands in the feed's latest document
    record_id INTEGER               -- the raw document that says what it is now, where it was kept
) STRICT;
INSERT INTO "sighting" VALUES(1,1,1,'news-1','http://127.0.0.1:46095/2026/bridge?utm_source=rss',-638434986541485905,1795104000000,NULL,1,NULL,NULL,NULL,'1lVXLboMwEPyV+QCCxKVSr5F67I0fcG0TVnW8yDZFHPj3jkmkqlFSNTdAu/NYvOPrzKquQ/drWk/BPBxp1x261757+ZnUX8Zv3B13KtTz4x2KImjaj+x/FoLJ0o8eGhwukqFfPqHwW5L6tEgI+LgDjyHpGe9MMLM2ewOvsBVW52glIBtx0Ih+nFNmSYu3eJLofcpYRoXEPHlbCCkFZihX0jwlOscQVB0GYjnYZOxnZgPKotCBDSSnOExCtBbHOVOOqaWG6Gez4qSV2ybNucJJafjuwZD3MORDYXo3FCLBX8z6yUiCZHqtHRNLo3ftHrXbgx1+9uffruie+3cvsm37Bg==',5848461442297261027,5,1795634823259,NULL,NULL);
INSERT INTO "sighting" VALUES(2,2,1,'news-2','http://127.0.0.1:46095/2026/library',6721207603092303163,1795167000000,NULL,5,NULL,NULL,NULL,'1jVVBbgIxDPzKqOcFAT2VN3CDD0TEKFGDs9oEIg77905C9wCFwilKJM947Hj8W6WayWx1U58XgU/LtlzOVovd4mv9OVXjP3F3CjZXcMSeKuBzAmfeMh5DjMePd74+PWTnBDkWRfgDR6E3kIiK7UmtuXQw4AGuQBmQnVH0NEsV26H47KYw4igONF9MVprmqIwVriPenuS8FuNzZXEmBMRDexs4fYUcKTdz7JDoaInEjikMYmHUIhf61QW9xD5IeymeEIy5CsFJsw9gn2smFVbOopWKWorIN1WkefPO8clQvu7t/ZQ16364i8bxBw==',3727588138125955795,5,1795634823259,NULL,NULL);
INSERT INTO "sighting" VALUES(3,3,3,'m-12','http://127.0.0.1:46095/magazine/12',7137327741173724020,1794970800000,NULL,3,'Редаксия','tg',NULL,'1gwZarq6hEUpg4deFMwgNDXUNLUIMjPGGDLorIWkJUUyVpOMtpvA7TS+3wBi1EEMtwtAKLhNDSxNjA5NaAlGCFu4XplzYcLFB4cLGC/suNgA9skPhwv6LzRd2gxi7Lq+/tPnC3gsbcORJLL6vrQUA',-2794087398465559528,5,1795634823265,NULL,NULL);
INSERT INTO "sighting" VALUES(4,1,2,'tag:example.org,2026:wire-77','http://127.0.0.1:46095/wire/77',-5219425103912768934,1795107600000,1795107600000,1,NULL,NULL,NULL,'1gwYQ0DFWqRXAXJeTqpdflK4D8pQVSImuuTlKgOE2CWcQGhrqGlqGGJoTCEJMZfjCA83TTkWZKempCqBklZqiUJKvkJNfBE7JtThSJB5/ALNaLQA=',3582376232456792443,3,1795634823266,NULL,NULL);
INSERT INTO "sighting" VALUES(5,4,1,'news-3','http://127.0.0.1:46095/2026/market',-5987749932692966142,1795244400000,NULL,4,NULL,NULL,NULL,'1jVW7DsIwDPyVEzMgAQMD38DGD7jUpVVLAknaiqH/ziUgVVS8NkdJ7uyLfXmKFBNZbF7k+X7vo2ir1WJNLbajFt9Km+S/T9johWYE/kEnddBODRH87J+2p38cnOTqPGyBUCqOtlOnOc4jNIKFD3KDvahBa0LVIA0cKpPuPCnjMjKqW+KQoFpz5Nm+ahqUKi4ePsOwBvSq9Y4hYTL6skcpnUJ8TerCOlzbiuxSsGnhI/4cYh5bkdG1WUYZY2aZotDAYcsZcl+RS2+WyQqHDzP2862mM5OM+O3PMgx3',8829983092332574184,5,1795634823312,NULL,NULL);
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
INSERT INTO "attachment" VALUES(3,3,0,'http://127.0.0.1:46095/magazine/12.mp3','audio/mpeg',NULL,4194304,NULL);
CREATE TABLE unreliable (
    feed_id INTEGER NOT NULL,
    kind TEXT NOT NULL,             -- guid or url
    value TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (feed_id, kind, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,             -- new, revised, duplicate, flood, gone
    article_id INTEGER,
    revision INTEGER,
    feed_id INTEGER
) STRICT;
INSERT INTO "change" VALUES(1,1795634823259,'new',1,1,1);
INSERT INTO "change" VALUES(2,1795634823259,'new',2,1,1);
INSERT INTO "change" VALUES(3,1795634823265,'new',3,1,3);
INSERT INTO "change" VALUES(4,1795634823266,'duplicate',1,1,2);
INSERT INTO "change" VALUES(5,1795634823312,'new',4,1,1);
INSERT INTO "change" VALUES(6,1795634823312,'revised',2,2,1);
INSERT INTO "change" VALUES(7,1795634823400,'gone',5,1,1);
CREATE TABLE poll (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    feed_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    outcome TEXT NOT NULL,          -- changed, not_modified, failed
    status INTEGER,
    error_code TEXT,
    bytes INTEGER NOT NULL,
    milliseconds INTEGER NOT NULL,
    new INTEGER NOT NULL,
    revised INTEGER NOT NULL,
    duplicates INTEGER NOT NULL
) STRICT;
INSERT INTO "poll" VALUES(1,5,1795634823259,'failed',410,'http-410',91,6,0,0,0);
INSERT INTO "poll" VALUES(2,1,1795634823259,'changed',200,NULL,1430,6,2,0,0);
INSERT INTO "poll" VALUES(3,4,1795634823265,'failed',500,'http-500',148,4,0,0,0);
INSERT INTO "poll" VALUES(4,3,1795634823265,'changed',200,NULL,852,1,1,0,0);
INSERT INTO "poll" VALUES(5,2,1795634823266,'not_modified',200,NULL,1114,0,0,0,1);
INSERT INTO "poll" VALUES(6,1,1795634823312,'changed',200,NULL,1914,1,1,1,0);
INSERT INTO "poll" VALUES(7,4,1795634823313,'failed',500,'http-500',148,2,0,0,0);
INSERT INTO "poll" VALUES(8,3,1795634823318,'not_modified',304,NULL,106,0,0,0,0);
INSERT INTO "poll" VALUES(9,2,1795634823318,'not_modified',304,NULL,106,0,0,0,0);
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
INSERT INTO "tally" VALUES(5985449,9,3,3,3,5909,4,1,1);
CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "counter" VALUES('articles',4);
INSERT INTO "counter" VALUES('duplicates',1);
INSERT INTO "counter" VALUES('last_write',1795634823318);
INSERT INTO "counter" VALUES('revisions',5);
CREATE TABLE tombstone (
    article_id INTEGER PRIMARY KEY,
    removed INTEGER NOT NULL,
    revision INTEGER NOT NULL,      -- its newest
    enclosures TEXT                 -- their canonical URLs as JSON
) STRICT;
INSERT INTO "tombstone" VALUES(5,1795615044780,1,NULL);
CREATE TABLE tombstone_place (
    article_id INTEGER NOT NULL,
    feed_id INTEGER NOT NULL,
    guid TEXT,
    url_key INTEGER,                -- as in sighting
    title_key INTEGER NOT NULL,     -- 64 bits of SHA-256 of the canonical title; 0 for an empty one
    instant INTEGER,                -- of publication, else of modification
    hash BLOB NOT NULL              -- of the content that stood there last
) STRICT;
INSERT INTO "tombstone_place" VALUES(5,1,'old',77,78,1795615044780,X'00');
CREATE TABLE tombstone_content (
    hash BLOB NOT NULL,
    article_id INTEGER NOT NULL,
    PRIMARY KEY (hash, article_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE backfill (
    id INTEGER PRIMARY KEY,
    feed_id INTEGER NOT NULL REFERENCES feed (id),
    kind TEXT NOT NULL,             -- paged, archived
    next_url TEXT,                  -- the page to read; null when the walk has ended
    pages INTEGER NOT NULL DEFAULT 0,
    started INTEGER NOT NULL,
    ended INTEGER,
    end_reason TEXT,                -- known, bottom, loop, limit, failed
    retry_at INTEGER,               -- after a failure: not before
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    error_code TEXT,
    error_message TEXT
) STRICT;
INSERT INTO "backfill" VALUES(1,1,'paged','http://127.0.0.1/older?page=2',1,1795615044780,NULL,NULL,NULL,0,NULL,NULL,NULL);
CREATE TABLE backfill_page (
    feed_id INTEGER NOT NULL,
    url TEXT NOT NULL,
    backfill_id INTEGER NOT NULL,   -- the last walk that did
    archive INTEGER NOT NULL,       -- it called itself an archive document
    PRIMARY KEY (feed_id, url)
) STRICT, WITHOUT ROWID;
CREATE TABLE websub (
    token TEXT NOT NULL UNIQUE,     -- the end of the callback URL: a secret
    feed_id INTEGER NOT NULL REFERENCES feed (id),
    hub TEXT NOT NULL,
    topic TEXT NOT NULL,            -- the URL by which the hub knows the feed
    callback TEXT NOT NULL,         -- what stands before the token
    secret TEXT NOT NULL,           -- the key of the hub's signatures
    state TEXT NOT NULL,
    requested_at INTEGER,
    active_since INTEGER,
    lease_until INTEGER,
    next_attempt INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    error_code TEXT,
    error_message TEXT,
    last_push INTEGER,
    accepted INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    doubt INTEGER NOT NULL          -- how little the hub is relied upon
) STRICT;
INSERT INTO "websub" VALUES('t',2,'https://hub.example.org/','http://127.0.0.1/wire.atom','https://me.example.org/websub/','k','requested',NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,0,0);
CREATE TABLE search_state (
    form INTEGER NOT NULL,          -- of the words that the index holds
    position INTEGER NOT NULL       -- the highest article number in it
) STRICT;
INSERT INTO "search_state" VALUES(1,4);
CREATE TABLE search_pending (article_id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE search_indexed (
    article_id INTEGER PRIMARY KEY,
    content_id INTEGER NOT NULL,    -- whose text
    title TEXT,
    author TEXT,
    places TEXT NOT NULL            -- the feeds
) STRICT;
INSERT INTO "search_indexed" VALUES(1,1,'Bridge closed to lorries',NULL,'1 2');
INSERT INTO "search_indexed" VALUES(2,5,'Library opens its reading room',NULL,'1');
INSERT INTO "search_indexed" VALUES(3,3,'Дар бораи пули кӯҳна','Редаксия','3');
INSERT INTO "search_indexed" VALUES(4,4,'Market wants longer evenings',NULL,'1');
CREATE TABLE search_day (
    day INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL
) STRICT;
INSERT INTO "search_day" VALUES(20782,1,4);
CREATE VIRTUAL TABLE articles_fts USING fts5 (
    title, text, author, characters, places, content = 'search_content', content_rowid = 'id',
    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
);
DELETE FROM "articles_fts_data";
INSERT INTO "articles_fts_data" VALUES(1,X'04118113010005');
INSERT INTO "articles_fts_data" VALUES(10,X'000000010105050005010101020101030101040101050101');
INSERT INTO "articles_fts_data" VALUES(137438953473,X'0000021B0230610106010130020466746572010601011902026E640106010126020174010601012F0102626501060101090303696E67010601013602057269646765010802010104020475736573010601012501046361727301060101270203697479010601011002056C6F73656401080301010A02066F756E63696C010601011102057261636B73010601011E03066F7373696E67010601012B0109656E67696E656572730106010115010466697665010601012302046C6F6F64010601011C02046F756E64010601011D0203726F6D010601010D0102676F01060101290102696E010601011F03077370656374656401060101170201730106010135020174010801011816030173010601012201046C616E65010601012E02066F727269657301080501010C01036D6179010601012802056F6E646179010601010E01026F66010601012102026C64010601010302016E010801011319030165010601012D0203766572010601010501057069657273010601012402066C616E6E65640106010137010672657061697201060101340204697665720106010107010473616964010601011202057072696E67010601011B0103746865010E010102060B0D1B030675727364617901060101140203696D65010601013102016F01080401010B0202776F010601012001057768696C65010601013203016F01060101160203696C6C01060101080104EFA3BF310106010402040132010601040304080B0908090A0D0B0B0A0D0D0C0D100B0B0B0A09090E0809080B0E0A0C090909080A0C0D0D0B0B0C0E0D0A09090C080A0B');
INSERT INTO "articles_fts_data" VALUES(274877906945,X'0000019C023061020801010D1402026E640208010121050103646179020601010E01076576656E696E67020601012C0104666F75720206010112010468616C6C02060101190206756E6472656402060101200102696E02080101111B0202747302080401010601096C616E6775616765730206010113020669627261727902080201010401036E6577020601010701026F66020801010F0D02016E020801010A25030263650206010116020370656E0206010127050173020803010105010670656F706C65020601012301077261696C776179020601011C0206656164696E67020805010108080173020601011002036F6F6D020A060101090E01087361747572646179020601010B020465617473020601011E0206746174696F6E020601011D0401790206010126010374656E020601012902026865020E0101021405061202036F776E0206010103020577656E747902060101220105756E74696C0206010128010777616974696E670206010118020765656B64617973020601012E0203696C6C020601012503027468020601010C0104EFA3BF31020601040204090A0A0E0B0B0D0A0A100E0A0A09090A090D0E0E080C0F0B0D080A0D0A0C0C0E0E0A09');
INSERT INTO "articles_fts_data" VALUES(412316860417,X'000000A305303139313103060101060104D0B0D0B703060101040209B1D0BED180D0B0D0B80302030504D29BD3A303060101070205B4D0B0D1800302020209BAD3AFD2B3D0BDD0B0030805010103020FBCD0BED0BDD0B4D0B0D0B0D181D18203060101080207BFD183D0BBD0B80308040101020110D180D0B5D0B4D0B0D0BAD181D0B8D18F0306010202020781D0BED0BBD0B803060101050104EFA3BF330306010402040B0B0E0B0A11160F170E');
INSERT INTO "articles_fts_data" VALUES(549755813889,X'000001C4023061020901010C1702026E640209010123050103646179020701010D01076576656E696E67020701012E0104666F75720207010114010468616C6C020701011B0206756E6472656402070101220102696E02090101131B0202747302090401010601096C616E67756167657302070101150303746572020601010E020669627261727902090201010401036E6577020701010701026F66020701011C02016E020901010A27030263650207010118020370656E0207010129050173020903010105010670656F706C65020701012502066C616E6E6564020601011001077261696C776179020701011E0206656164696E67020905010108080173020701011202036F6F6D020B060101091001087361747572646179020102046561747302070101200206746174696F6E020701011F04017902070101280205756E646179020601010B010374656E020701012B020368616E020601010F030165020F0101021605061202036F776E0207010103020577656E747902070101240105756E74696C020701012A010777616974696E67020701011A020765656B6461797302070101300203696C6C02070101270302746802070101110104EFA3BF31020701040204090A0A0E0B0B0D0A0A100A0E0A0909090A090D0D0E0E080C0C0B0D080C0A0A0C0A0C0C0E0E0A09');
INSERT INTO "articles_fts_data" VALUES(687194767361,X'0000019C06306166746572040601011E02026E6404060101200204736B6564040601011B0102626504060101250304666F726504060101270107636F756E63696C040601011303057665726564040601010501046461776E040601012801056569676874040601010C020676656E696E67040601010F080173040205010766657463686564040601012602026F72040801011C07010468617665040601011A020365617204060101150102696E040801010D0501066C6F6E67657204020401066D61726B6574040802010106010A6E65696768626F757273040601011903027874040601011701026F660406010103020370656E040601010A01057175696574040601011D01077275626269736804060101230105736576656E040601011F020374617904060101090205756D6D657204060101110103746865040C0101040C061204016D040601011602016F04080101081E020672616465727304060101020105756E74696C040601010B010477616E740406010107050173040203020365656B04060101180203696C6C04060101140104EFA3BF310406010402040C090B090B0E0C0B0C0D060E0A0B0A0A0B0E1109090A0C0E0C0A0C0D08090D0C0B060A0A');
DELETE FROM "articles_fts_idx";
INSERT INTO "articles_fts_idx" VALUES(1,X'',2);
INSERT INTO "articles_fts_idx" VALUES(2,X'',2);
INSERT INTO "articles_fts_idx" VALUES(3,X'',2);
INSERT INTO "articles_fts_idx" VALUES(4,X'',2);
INSERT INTO "articles_fts_idx" VALUES(5,X'',2);
DELETE FROM "articles_fts_docsize";
INSERT INTO "articles_fts_docsize" VALUES(1,X'0436000002');
INSERT INTO "articles_fts_docsize" VALUES(2,X'052F000001');
INSERT INTO "articles_fts_docsize" VALUES(3,X'0407010001');
INSERT INTO "articles_fts_docsize" VALUES(4,X'0427000001');
DELETE FROM "articles_fts_config";
INSERT INTO "articles_fts_config" VALUES('rank','bm25(8.0, 1.0, 4.0, 1.0, 0.0)');
INSERT INTO "articles_fts_config" VALUES('version',4);
CREATE TABLE raw_file (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    length INTEGER NOT NULL,        -- up to which it is relied upon
    created INTEGER NOT NULL
) STRICT;
CREATE TABLE raw_record (
    id INTEGER PRIMARY KEY,
    feed_id INTEGER NOT NULL REFERENCES feed (id),
    file_id INTEGER NOT NULL REFERENCES raw_file (id),
    offset INTEGER NOT NULL,        -- of its gzip member
    length INTEGER NOT NULL,
    request_length INTEGER NOT NULL, -- of the request's member, which stands right before; 0: none
    kind TEXT NOT NULL,             -- response, resource, revisit
    extent TEXT NOT NULL,           -- whole, delta, pushed, older
    at INTEGER NOT NULL,
    url TEXT NOT NULL,              -- that answered
    content_type TEXT,
    payload_digest BLOB NOT NULL,   -- SHA-256
    uuid TEXT NOT NULL,             -- of WARC-Record-ID
    refers_to INTEGER               -- of a revisit: the record with the same payload
) STRICT;
CREATE TABLE flood (
    seq INTEGER PRIMARY KEY,        -- of the line
    feed_id INTEGER NOT NULL REFERENCES feed (id),
    reason TEXT NOT NULL,           -- all-new, old-entries, guids-changed, dates-changed
    entries INTEGER NOT NULL,       -- of the document, that it stands for
    articles INTEGER NOT NULL,      -- how many
    last INTEGER NOT NULL,          -- when the feed last did so
    again INTEGER NOT NULL DEFAULT 0 -- how often it did so without another line
) STRICT;
CREATE TABLE flood_article (
    article_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,             -- new, revised, duplicate; place: its guid or date in the feed is another
    revision INTEGER NOT NULL,
    PRIMARY KEY (article_id, seq, kind, revision)
) STRICT, WITHOUT ROWID;
CREATE TABLE canonical (form INTEGER NOT NULL, content INTEGER, sighting INTEGER) STRICT;
INSERT INTO "canonical" VALUES(2,NULL,NULL);
CREATE TABLE story_state (
    form INTEGER NOT NULL,          -- of the rule by which they were found
    position INTEGER NOT NULL,      -- the highest article number that was looked at
    slice INTEGER NOT NULL          -- of story_band, that is looked through next for what is too old
) STRICT;
INSERT INTO "story_state" VALUES(0,0,0);
CREATE TABLE story_pending (article_id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE story_band (
    hash INTEGER NOT NULL,
    article_id INTEGER NOT NULL,
    PRIMARY KEY (hash, article_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE story_link (
    article_id INTEGER NOT NULL,
    other_id INTEGER NOT NULL,      -- the lower number of the two
    jaccard REAL NOT NULL,          -- shared shingles, of all
    containment REAL NOT NULL,      -- of the smaller one's
    PRIMARY KEY (article_id, other_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE story_article (
    article_id INTEGER PRIMARY KEY,
    story_id INTEGER NOT NULL
) STRICT;
CREATE INDEX feed_host ON feed (host);
CREATE INDEX feed_scope ON feed (scope);
CREATE INDEX feed_url ON feed (url);
CREATE INDEX feed_due ON feed (coalesce(next_poll, added)) WHERE configured AND state IN ('active', 'failing');
CREATE INDEX feed_error ON feed (failing_since)
    WHERE configured AND error_code IS NOT NULL AND state <> 'disabled';
CREATE INDEX feed_notice ON feed (notice_since)
    WHERE configured AND notice_code IS NOT NULL AND state <> 'disabled';
CREATE INDEX feed_churny ON feed (churny_since) WHERE configured AND churny_since IS NOT NULL;
CREATE INDEX feed_silent ON feed (silence_asked DESC, silence_alarm_at)
    WHERE configured AND state = 'active' AND silence_alarm_at <= last_success;
CREATE INDEX feed_loss ON feed (last_loss DESC)
    WHERE configured AND last_loss IS NOT NULL AND state <> 'disabled';
CREATE INDEX content_hash ON content (hash, article_id);
CREATE INDEX content_article ON content (article_id);
CREATE INDEX sighting_guid ON sighting (feed_id, guid) WHERE guid IS NOT NULL;
CREATE INDEX sighting_url ON sighting (url_key) WHERE url_key IS NOT NULL;
CREATE INDEX sighting_article ON sighting (article_id, feed_id);
CREATE INDEX sighting_feed ON sighting (feed_id, article_id);
CREATE INDEX sighting_instant ON sighting (feed_id, coalesce(published, modified));
CREATE INDEX sighting_current ON sighting (feed_id) WHERE last_seen IS NULL;
CREATE INDEX tombstone_guid ON tombstone_place (feed_id, guid) WHERE guid IS NOT NULL;
CREATE INDEX tombstone_url ON tombstone_place (url_key) WHERE url_key IS NOT NULL;
CREATE INDEX tombstone_instant ON tombstone_place (feed_id, instant) WHERE instant IS NOT NULL;
CREATE INDEX backfill_feed ON backfill (feed_id);
CREATE INDEX websub_feed ON websub (feed_id);
CREATE INDEX raw_record_feed ON raw_record (feed_id, extent, id);
CREATE INDEX raw_record_place ON raw_record (file_id, offset);
CREATE INDEX raw_record_refers ON raw_record (refers_to) WHERE refers_to IS NOT NULL;
CREATE INDEX sighting_record ON sighting (record_id) WHERE record_id IS NOT NULL;
CREATE INDEX flood_feed ON flood (feed_id);
CREATE INDEX flood_article_seq ON flood_article (seq, article_id);
CREATE INDEX story_link_other ON story_link (other_id);
CREATE INDEX story_article_story ON story_article (story_id);
CREATE TRIGGER feed_changed AFTER UPDATE OF state, configured ON feed
WHEN old.state <> new.state OR old.configured <> new.configured BEGIN
    UPDATE feed_count SET feeds = feeds - 1 WHERE state = old.state AND old.configured;
    INSERT INTO feed_count SELECT new.state, 1 WHERE new.configured
        ON CONFLICT (state) DO UPDATE SET feeds = feeds + 1;
END;
CREATE VIEW search_content AS SELECT a.id, c.title, CASE WHEN substr(c.text, 1, 1) = ' ' AND TRUE THEN (SELECT group_concat(CASE j.type WHEN 'integer' THEN CASE WHEN j.value < 0 THEN char(10) ELSE '' END || substr(CAST(c.body AS BLOB), abs(j.value) >> 12, abs(j.value) & 4095) ELSE j.value END, '') FROM json_each(c.text) j) ELSE coalesce(c.text, c.body) END AS text, s.author,
    NULL AS characters, NULL AS places
FROM article a JOIN content c ON c.id = a.shown_content JOIN sighting s ON s.id = a.shown_sighting;
CREATE VIEW articles AS SELECT
    a.id, s.url, c.title, s.author, s.summary,
    CASE c.kind WHEN 'html' THEN c.body END AS content_html,
    CASE c.kind WHEN 'text' THEN c.body ELSE CASE WHEN substr(c.text, 1, 1) = ' ' AND TRUE THEN (SELECT group_concat(CASE j.type WHEN 'integer' THEN CASE WHEN j.value < 0 THEN char(10) ELSE '' END || substr(CAST(c.body AS BLOB), abs(j.value) >> 12, abs(j.value) & 4095) ELSE j.value END, '') FROM json_each(c.text) j) ELSE coalesce(c.text, c.body) END END AS content_text,
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
    CASE c.kind WHEN 'text' THEN c.body ELSE CASE WHEN substr(c.text, 1, 1) = ' ' AND TRUE THEN (SELECT group_concat(CASE j.type WHEN 'integer' THEN CASE WHEN j.value < 0 THEN char(10) ELSE '' END || substr(CAST(c.body AS BLOB), abs(j.value) >> 12, abs(j.value) & 4095) ELSE j.value END, '') FROM json_each(c.text) j) ELSE coalesce(c.text, c.body) END END AS content_text,
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
    CAST(f.etag AS TEXT) AS etag, CAST(f.last_modified AS TEXT) AS last_modified, f.hub,
    f.churny_since IS NOT NULL AS churny, strftime('%Y-%m-%dT%H:%M:%SZ', f.churny_since / 1000, 'unixepoch') AS churny_since
FROM feed f WHERE f.configured;
CREATE VIEW changes AS SELECT
    h.seq, strftime('%Y-%m-%dT%H:%M:%SZ', h.at / 1000, 'unixepoch') AS at, h.kind, h.article_id, h.revision, f.url AS feed_url
FROM change h LEFT JOIN feed f ON f.id = h.feed_id;
CREATE VIEW flood_articles AS SELECT
    m.seq, strftime('%Y-%m-%dT%H:%M:%SZ', h.at / 1000, 'unixepoch') AS at, o.reason, m.article_id, m.revision, m.kind, f.url AS feed_url
FROM flood_article m JOIN flood o ON o.seq = m.seq JOIN change h ON h.seq = m.seq JOIN feed f ON f.id = o.feed_id;
CREATE VIEW stories AS SELECT y.story_id AS story, y.article_id FROM story_article y;
CREATE VIEW story_links AS SELECT
    y.story_id AS story, l.article_id, l.other_id AS other_article_id, l.jaccard, l.containment
FROM story_link l JOIN story_article y ON y.article_id = l.article_id;
DELETE FROM sqlite_sequence;
INSERT INTO "sqlite_sequence" VALUES('feed',5);
INSERT INTO "sqlite_sequence" VALUES('poll',9);
INSERT INTO "sqlite_sequence" VALUES('article',5);
INSERT INTO "sqlite_sequence" VALUES('change',7);
COMMIT;
