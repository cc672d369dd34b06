-- Who registered in a range, counted once for all charts of the page, so that their totals are equal.
--
-- Counted: people, by the service where they registered. Merged accounts are one person: registered with the first of
-- them, as old as the first that says an age says; gender and place are those of the account that stays. Not counted:
-- anonymous devices, deleted viewers. Purpose: service, which an account cannot be without; no behaviour is read.
-- A row belongs to one chart, named by `part`: the others' keys are empty in it.
--
-- starts: epoch ms of each bar's start, ascending; the first is the range's start. A registration falls into the last
-- bar that starts at or before it. The engine knows no calendar here; see calendar.ts.
SELECT
  multiIf(grouping(start) = 0, 'period',
          grouping(age) = 0, 'age',
          grouping(city) = 0, 'city',
          grouping(region) = 0, 'region',
          'country') AS part,
  start,
  gender,
  age,
  country,
  region,
  city,
  count() AS total
FROM
(
  SELECT
    roundDown(toUnixTimestamp64Milli(at), {starts:Array(Int64)}) AS start,
    if(account.gender IN ('female', 'male', 'other'), account.gender, 'unknown') AS gender,
    ifNull(toInt16(multiIf(
      account.age_at_registration IS NULL, merged.age,
      ifNull(merged.aged_at < account.registered_at, 0), merged.age,
      account.age_at_registration)), -1) AS age,
    account.country AS country,
    if(account.country = {localCountry:String}, account.region, '') AS region,
    if(account.country = {localCountry:String}, account.city, '') AS city,
    assumeNotNull(least(account.registered_at, merged.registered_at)) AS at
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
      min(toNullable(viewer.registered_at)) AS registered_at,
      -- Of the first of them that says one.
      argMinIf(age_at_registration, viewer.registered_at, age_at_registration IS NOT NULL) AS age,
      minIf(toNullable(viewer.registered_at), age_at_registration IS NOT NULL) AS aged_at
    FROM viewer FINAL
    WHERE service = {service:String}
      AND is_deleted = 0
      AND foyer_person(vid) != vid
      AND foyer_visible(vid, consent_mask, {purpose:UInt32})
    GROUP BY person
  ) AS merged ON merged.person = account.vid
  WHERE at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
)
GROUP BY GROUPING SETS ((start, gender), (age), (country), (country, region), (country, region, city))
