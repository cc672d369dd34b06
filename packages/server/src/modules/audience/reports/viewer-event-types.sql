-- How many player events of each type one person caused over a range, whatever part of them is drawn.
--
-- Counted and not counted: as in viewer-events.sql. Purpose: analytics.
SELECT type, count() AS total
FROM events
WHERE toDate(ts) BETWEEN toDate(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
    AND toDate(fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  AND subject IN {subjects:Array(UInt64)}
  AND ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  AND ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  AND service = {service:String}
  AND view_id != ''
  AND foyer_person(subject) = {person:UInt64}
  AND foyer_visible(subject, consent_mask, {purpose:UInt32})
GROUP BY type
ORDER BY total DESC, type
