-- Events received in each of the last seconds: the live picture's history after a restart (presence-restore.ts).
--
-- Counted: everything that was received since {from}, late by at most {lateMs}, but for imports. Purpose: analytics. From
-- the events, as in presence-people.sql.
SELECT service, intDiv(toUnixTimestamp64Milli(received_at), 1000) AS second, count() AS events
FROM events
WHERE ts >= fromUnixTimestamp64Milli({from:Int64} - {lateMs:Int64}, 'UTC')
  AND received_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  AND NOT startsWith(source, 'import:')
  AND foyer_visible(subject, consent_mask, {purpose:UInt32})
GROUP BY service, second
