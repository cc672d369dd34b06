-- How well it played, without people: by kind of device, which the rollup of content does not hold, and with the time that
-- nothing vouches for. Purpose analytics (bit 4). ORDER BY serves: quality over days by platform and class of device.
-- It counts what is written from here on; it comes before the first release, so nobody has an earlier history.
CREATE TABLE IF NOT EXISTS quality_day (
  local_date Date,
  service LowCardinality(String),
  platform LowCardinality(String),
  device_class LowCardinality(String),
  starts Int64,
  streams Int64,
  played_ms Int64,
  stalled_ms Int64,
  unknown_ms Int64
)
ENGINE = SummingMergeTree((starts, streams, played_ms, stalled_ms, unknown_ms))
PARTITION BY toYYYYMM(local_date)
ORDER BY (local_date, service, platform, device_class)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS quality_day_of_views TO quality_day AS
SELECT local_date, service, platform, device_class,
  sum(toInt64(starts) * sign) AS starts, sum(toInt64(streams) * sign) AS streams,
  sum(toInt64(played_ms) * sign) AS played_ms, sum(toInt64(stalled_ms) * sign) AS stalled_ms,
  sum(toInt64(unknown_ms) * sign) AS unknown_ms
FROM view_revision
WHERE bitAnd(consent_mask, 16) != 0
GROUP BY local_date, service, platform, device_class;
