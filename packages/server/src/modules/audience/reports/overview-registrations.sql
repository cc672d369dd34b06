-- How many people registered in a range and in the range before it.
--
-- Counted and not counted: as in registrations.sql. Purpose: service.
SELECT
  countIf(at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AS value,
  countIf(at < fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AS previous
FROM
(
  SELECT assumeNotNull(least(account.registered_at, merged.registered_at)) AS at
  FROM
  (
    SELECT * FROM viewer FINAL
    WHERE service = {service:String}
      AND is_deleted = 0
      AND foyer_person(vid) = vid
      AND foyer_visible(vid, consent_mask, {purpose:UInt32})
  ) AS account
  LEFT ANY JOIN
  (
    SELECT
      foyer_person(vid) AS person,
      min(toNullable(viewer.registered_at)) AS registered_at
    FROM viewer FINAL
    WHERE service = {service:String}
      AND is_deleted = 0
      AND foyer_person(vid) != vid
      AND foyer_visible(vid, consent_mask, {purpose:UInt32})
    GROUP BY person
  ) AS merged ON merged.person = account.vid
  WHERE at >= fromUnixTimestamp64Milli({previousFrom:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
)
