-- Who sent something of late: makes the live picture right after a restart (presence-restore.ts).
--
-- Counted: subjects with an event that was received since {from} and had happened within {lateMs} before, by service. Not
-- counted: imports, which happened elsewhere. Purpose: analytics. From the events, since no rollup knows when something
-- was received; their order by day keeps the reading to today's and yesterday's.
SELECT
  service,
  subject,
  max(is_signed_in) AS signed_in,
  argMax(platform, received_at) AS last_platform,
  argMax(country, received_at) AS last_country,
  toUnixTimestamp64Milli(max(received_at)) AS heard_at
FROM events
WHERE ts >= fromUnixTimestamp64Milli({from:Int64} - {lateMs:Int64}, 'UTC')
  AND received_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  AND toUnixTimestamp64Milli(received_at) - toUnixTimestamp64Milli(ts) < {lateMs:Int64}
  AND NOT startsWith(source, 'import:')
  AND foyer_visible(subject, consent_mask, {purpose:UInt32})
GROUP BY service, subject
LIMIT {limit:UInt32}
