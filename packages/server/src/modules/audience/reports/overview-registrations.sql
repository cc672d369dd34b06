-- How many people registered in a range and in the range before it.
--
-- Counted and not counted: as in registrations.sql. Purpose: service.
SELECT
  countIf(registered_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AS value,
  countIf(registered_at < fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AS previous
FROM viewer FINAL
WHERE service = {service:String}
  AND is_deleted = 0
  AND registered_at >= fromUnixTimestamp64Milli({previousFrom:Int64}, 'UTC')
  AND registered_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  AND foyer_person(vid) = vid
  AND foyer_visible(vid, consent_mask, {purpose:UInt32})
