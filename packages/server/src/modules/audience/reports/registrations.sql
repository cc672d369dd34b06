-- Who registered in a range, counted once for all charts of the page, so that their totals are equal.
--
-- Counted: people (an account merged into another is not one), by the service where they registered. Not counted:
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
    roundDown(toUnixTimestamp64Milli(registered_at), {starts:Array(Int64)}) AS start,
    if(viewer.gender IN ('female', 'male', 'other'), viewer.gender, 'unknown') AS gender,
    ifNull(toInt16(age_at_registration), -1) AS age,
    viewer.country AS country,
    if(viewer.country = {localCountry:String}, viewer.region, '') AS region,
    if(viewer.country = {localCountry:String}, viewer.city, '') AS city
  FROM viewer FINAL
  WHERE service = {service:String}
    AND is_deleted = 0
    AND registered_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
    AND registered_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    AND foyer_person(vid) = vid
    AND foyer_visible(vid, consent_mask, {purpose:UInt32})
)
GROUP BY GROUPING SETS ((start, gender), (age), (country), (country, region), (country, region, city))
