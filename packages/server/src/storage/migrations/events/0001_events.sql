-- Events as they happened, one row each, never rewritten by links, merges or consent.
-- ORDER BY serves: a viewer's timeline (a range of days, a few subjects) and whole days for everything else.
-- Retention counts from received_at, so that imported history does not vanish at insert.
CREATE TABLE IF NOT EXISTS events (
  event_id UUID,
  ts DateTime64(3, 'UTC') COMMENT 'When it happened, corrected for the device''s clock' CODEC(Delta, ZSTD(1)),
  device_ts DateTime64(3, 'UTC') COMMENT 'When it happened by the device''s clock' CODEC(Delta, ZSTD(1)),
  received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  local_date Date COMMENT 'Day of ts in the service''s zone',
  service LowCardinality(String),
  app LowCardinality(String),
  subject UInt64 COMMENT 'The viewer''s vid, else the anonymous subject of device and sign-out epoch',
  is_signed_in Bool,
  consent_mask UInt32,
  ledger_seq UInt64,
  source LowCardinality(String) COMMENT 'Wire or importer: playback, segment, import:movielens …',
  party Enum8('first' = 1, 'second' = 2, 'third' = 3),
  type LowCardinality(String) COMMENT 'Native type of player events; track, page, screen, identify, group, alias; rating',
  name LowCardinality(String) COMMENT 'Name of a track event, page or screen',
  device UInt64 COMMENT 'Pseudonym of the installation; 0 unknown',
  platform LowCardinality(String),
  device_class LowCardinality(String),
  os LowCardinality(String),
  browser LowCardinality(String),
  vendor LowCardinality(String),
  model LowCardinality(String),
  app_version LowCardinality(String),
  country LowCardinality(String) COMMENT 'ISO 3166-1 alpha-2; empty unknown',
  content_id String CODEC(ZSTD(1)),
  content_kind LowCardinality(String) COMMENT 'vod, live, ad, broadcast; empty for events without content',
  content_type LowCardinality(String) COMMENT 'movie, episode, audio, channel … from the catalogue; empty unknown',
  view_id String CODEC(ZSTD(1)),
  visit_id String CODEC(ZSTD(1)),
  seq UInt32,
  position_ms Nullable(Int64) COMMENT 'Position in the content; epoch ms on live; null unknown',
  rate Float32,
  bytes UInt64,
  referrer_host LowCardinality(String) COMMENT 'Host alone; empty for direct',
  properties JSON(max_dynamic_paths = 64)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(ts)
ORDER BY (toDate(ts), subject, ts, event_id)
TTL toDateTime(received_at) + INTERVAL 396 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
  ttl_only_drop_parts = 0;

-- Signed revisions of what each view amounts to in each quarter of an hour (UTC): a changed view writes its old values
-- with sign -1 and its new ones with sign +1, so that every sum over it is right at every moment.
-- ORDER BY serves the same readers as events.
CREATE TABLE IF NOT EXISTS view_revision (
  sign Int8,
  bucket DateTime('UTC') COMMENT 'Start of the 15 minutes',
  local_date Date,
  service LowCardinality(String),
  app LowCardinality(String),
  view_id String CODEC(ZSTD(1)),
  subject UInt64,
  consent_mask UInt32,
  ledger_seq UInt64,
  device UInt64,
  platform LowCardinality(String),
  device_class LowCardinality(String),
  country LowCardinality(String),
  content_id String CODEC(ZSTD(1)),
  content_kind LowCardinality(String),
  content_type LowCardinality(String),
  starts UInt32 COMMENT 'Requests to play',
  streams UInt32 COMMENT 'Starts that reached 5 s of continuous play',
  played_ms UInt64 COMMENT 'Wall time in the playing state',
  stalled_ms UInt64 COMMENT 'Wall time stalled after the first frame, seeks apart',
  unknown_ms UInt64 COMMENT 'Wall time that nothing vouches for (sleep, freeze)',
  written_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(bucket)
ORDER BY (local_date, subject, bucket, view_id)
TTL toDateTime(written_at) + INTERVAL 396 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Registered people as reports need them: coarse, one row a viewer; the highest version counts.
CREATE TABLE IF NOT EXISTS viewer (
  vid UInt64,
  version UInt64,
  is_deleted UInt8,
  service LowCardinality(String) COMMENT 'Where the viewer registered',
  registered_at DateTime64(3, 'UTC'),
  gender LowCardinality(String) COMMENT 'female, male, other; empty unknown',
  age_at_registration Nullable(UInt8) COMMENT 'Whole years in the service''s zone; null unknown',
  country LowCardinality(String),
  region LowCardinality(String) COMMENT 'ISO 3166-2 code; empty unknown',
  city LowCardinality(String),
  consent_mask UInt32
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY vid
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Rollups. Each names its purpose and admits only what was allowed for it at intake. Bits: contracts/purposes.ts.

-- What is watched, without people. Purpose analytics (bit 4). ORDER BY serves: titles over days, one title's history.
CREATE TABLE IF NOT EXISTS content (
  bucket DateTime('UTC'),
  local_date Date,
  service LowCardinality(String),
  content_id String,
  content_kind LowCardinality(String),
  content_type LowCardinality(String),
  platform LowCardinality(String),
  country LowCardinality(String),
  starts Int64,
  streams Int64,
  played_ms Int64,
  stalled_ms Int64
)
ENGINE = SummingMergeTree((starts, streams, played_ms, stalled_ms))
PARTITION BY toYYYYMM(bucket)
ORDER BY (local_date, service, content_kind, content_type, content_id, platform, country, bucket)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS content_of_views TO content AS
SELECT bucket, local_date, service, content_id, content_kind, content_type, platform, country,
  sum(toInt64(starts) * sign) AS starts, sum(toInt64(streams) * sign) AS streams,
  sum(toInt64(played_ms) * sign) AS played_ms, sum(toInt64(stalled_ms) * sign) AS stalled_ms
FROM view_revision
WHERE bitAnd(consent_mask, 16) != 0
GROUP BY bucket, local_date, service, content_id, content_kind, content_type, platform, country;

-- Who watched what on which day. Purpose analytics. ORDER BY serves: viewers of a title, titles of a viewer.
CREATE TABLE IF NOT EXISTS subject_title_day (
  local_date Date,
  service LowCardinality(String),
  content_id String,
  content_kind LowCardinality(String),
  subject UInt64,
  consent_mask UInt32,
  starts Int64,
  streams Int64,
  played_ms Int64
)
ENGINE = SummingMergeTree((starts, streams, played_ms))
PARTITION BY toYYYYMM(local_date)
ORDER BY (local_date, service, content_kind, content_id, subject, consent_mask)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS subject_title_day_of_views TO subject_title_day AS
SELECT local_date, service, content_id, content_kind, subject, consent_mask,
  sum(toInt64(starts) * sign) AS starts, sum(toInt64(streams) * sign) AS streams,
  sum(toInt64(played_ms) * sign) AS played_ms
FROM view_revision
WHERE bitAnd(consent_mask, 16) != 0
GROUP BY local_date, service, content_id, content_kind, subject, consent_mask;

-- Who was active on which day, and how much. Purpose analytics. ORDER BY serves: daily viewers over a range.
CREATE TABLE IF NOT EXISTS subject_day (
  local_date Date,
  service LowCardinality(String),
  platform LowCardinality(String),
  country LowCardinality(String),
  subject UInt64,
  consent_mask UInt32,
  events Int64,
  starts Int64,
  streams Int64,
  played_ms Int64
)
ENGINE = SummingMergeTree((events, starts, streams, played_ms))
PARTITION BY toYYYYMM(local_date)
ORDER BY (local_date, service, subject, consent_mask, platform, country)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS subject_day_of_events TO subject_day AS
SELECT local_date, service, platform, country, subject, consent_mask, toInt64(count()) AS events,
  toInt64(0) AS starts, toInt64(0) AS streams, toInt64(0) AS played_ms
FROM events
WHERE bitAnd(consent_mask, 16) != 0
GROUP BY local_date, service, platform, country, subject, consent_mask;

CREATE MATERIALIZED VIEW IF NOT EXISTS subject_day_of_views TO subject_day AS
SELECT local_date, service, platform, country, subject, consent_mask, toInt64(0) AS events,
  sum(toInt64(starts) * sign) AS starts, sum(toInt64(streams) * sign) AS streams,
  sum(toInt64(played_ms) * sign) AS played_ms
FROM view_revision
WHERE bitAnd(consent_mask, 16) != 0
GROUP BY local_date, service, platform, country, subject, consent_mask;

-- Bytes for invoices. Purpose billing (bit 2). ORDER BY serves: bytes of a service over days by app and content.
CREATE TABLE IF NOT EXISTS bytes_day (
  local_date Date,
  service LowCardinality(String),
  app LowCardinality(String),
  subject UInt64,
  consent_mask UInt32,
  content_id String,
  content_kind LowCardinality(String),
  bytes Int64
)
ENGINE = SummingMergeTree((bytes))
PARTITION BY toYYYYMM(local_date)
ORDER BY (local_date, service, app, content_kind, content_id, subject, consent_mask)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS bytes_day_of_events TO bytes_day AS
SELECT local_date, service, app, subject, consent_mask, content_id, content_kind, toInt64(sum(events.bytes)) AS bytes
FROM events
WHERE bitAnd(consent_mask, 4) != 0 AND events.bytes > 0
GROUP BY local_date, service, app, subject, consent_mask, content_id, content_kind;

-- Reports name people and admit rows by these two functions only, so that links, merges and denials reach all of them.
CREATE OR REPLACE FUNCTION foyer_person AS (subject) -> subject;
CREATE OR REPLACE FUNCTION foyer_visible AS (subject, mask, purpose) -> purpose != 0 AND bitAnd(mask, purpose) = purpose;
