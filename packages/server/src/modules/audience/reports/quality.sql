-- How well it played, over the range and over as many days before it, by platform, by class of device and by day. Each
-- part sums to the same.
--
-- Counted: views of everything that is played, advertisements too, from the rollup that holds no person and took in only
-- what was allowed to be measured: a withdrawal acts forward. Times are wall time. Purpose: analytics, at intake.
-- A row belongs to one part, named by `part`: the others' keys are empty in it.
SELECT
  multiIf(grouping(platform) = 0, 'platform', grouping(device_class) = 0, 'device', 'day') AS part,
  is_current,
  platform,
  device_class,
  toString(day) AS date,
  sum(starts) AS starts,
  sum(streams) AS streams,
  sum(played_ms) AS played_ms,
  sum(stalled_ms) AS stalled_ms,
  sum(unknown_ms) AS unknown_ms
FROM
(
  SELECT
    local_date AS day,
    local_date >= {from:Date} AS is_current,
    platform,
    if(device_class = '', 'unknown', device_class) AS device_class,
    starts,
    streams,
    played_ms,
    stalled_ms,
    unknown_ms
  FROM quality_day
  WHERE local_date BETWEEN {previousFrom:Date} AND {to:Date}
    AND service = {service:String}
)
GROUP BY GROUPING SETS ((is_current, platform), (is_current, device_class), (is_current, day))
