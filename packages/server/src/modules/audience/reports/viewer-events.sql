-- The player events of one person over a range, in order of time (R37–R39).
--
-- Counted: every event of a playback, whatever its type. Not counted: navigation, ratings and what else has no playback.
-- after: the time and id of the last event already given; for the first ones any time before the range.
-- Purpose: analytics.
SELECT
  toString(event_id) AS id,
  toUnixTimestamp64Milli(ts) AS at,
  toString(local_date) AS date,
  type,
  content_id,
  content_kind,
  position_ms,
  device_class,
  platform,
  vendor,
  model,
  os,
  browser,
  view_id
FROM events
WHERE toDate(ts) BETWEEN toDate(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
    AND toDate(fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  AND subject IN {subjects:Array(UInt64)}
  AND ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  AND ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  AND (ts, event_id) > (fromUnixTimestamp64Milli({afterAt:Int64}, 'UTC'), {afterId:UUID})
  AND service = {service:String}
  AND view_id != ''
  AND foyer_person(subject) = {person:UInt64}
  AND foyer_visible(subject, consent_mask, {purpose:UInt32})
ORDER BY ts, event_id
LIMIT {limit:UInt32}
