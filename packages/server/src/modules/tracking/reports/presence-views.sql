-- Views whose player sent something of late: makes the live picture right after a restart (presence-restore.ts), together
-- with what the recorder remembers of each.
--
-- Counted: views with an event that was received since {from} and had happened within {lateMs} before. Purpose: analytics.
-- From the events, as in presence-people.sql.
SELECT app, view_id, toUnixTimestamp64Milli(max(received_at)) AS heard_at
FROM events
WHERE ts >= fromUnixTimestamp64Milli({from:Int64} - {lateMs:Int64}, 'UTC')
  AND received_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  AND toUnixTimestamp64Milli(received_at) - toUnixTimestamp64Milli(ts) < {lateMs:Int64}
  AND source = 'playback'
  AND view_id != ''
  AND foyer_visible(subject, consent_mask, {purpose:UInt32})
GROUP BY app, view_id
LIMIT {limit:UInt32}
