-- Who is behind a number of registrations: a page of them, after how many there are (one row of part `count`, always
-- there).
--
-- Counted and not counted: as in registrations.sql, by the same keys of age, gender and place. A filter `any` admits all;
-- a state or city is one of the local country, other countries are `other` there, what is not known `unknown`.
-- ageFrom and ageTo are included, -1 stands for an age that is not known. Purpose: service.
-- Order and ties: as in viewers-active.sql.
WITH people AS
(
  SELECT
    vid AS person,
    toUnixTimestamp64Milli(viewer.registered_at) AS registered_ms,
    if(viewer.gender IN ('female', 'male', 'other'), viewer.gender, 'unknown') AS gender,
    ifNull(toInt16(age_at_registration), -1) AS age,
    viewer.country AS country,
    viewer.region AS region,
    viewer.city AS city,
    multiIf(
      {geography:String} = 'any', 'any',
      country = '', 'unknown',
      {geography:String} = 'country', 'place',
      country != {localCountry:String}, 'other',
      if({geography:String} = 'state', region, city) = '', 'unknown',
      'place') AS place
  FROM viewer FINAL
  WHERE service = {service:String}
    AND is_deleted = 0
    AND registered_at >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
    AND registered_at < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
    AND foyer_person(vid) = vid
    AND foyer_visible(vid, consent_mask, {purpose:UInt32})
    AND ({gender:String} = 'any' OR gender = {gender:String})
    AND age BETWEEN {ageFrom:Int16} AND {ageTo:Int16}
    AND place = {place:String}
    AND (place != 'place' OR if({geography:String} = 'country', country, region) = {code:String})
    AND (place != 'place' OR {geography:String} != 'city' OR city = {city:String})
)
SELECT
  'count' AS part, count() AS viewers, '' AS vid, 0 AS registered_ms, '' AS gender, 0 AS age, '' AS country, '' AS region,
  '' AS city, '' AS sort_key, '' AS tie
FROM people
UNION ALL
SELECT
  'viewer', 0, toString(person), registered_ms, gender, age, country, region, city, toString(sort_key), toString(tie)
FROM
(
  SELECT
    *,
    if({isDescending:Bool}, -1, 1) * if({sort:String} = 'age', toInt64(age), registered_ms) AS sort_key,
    sipHash64(person) AS tie
  FROM people
  WHERE (sort_key, tie) > ({afterKey:Int64}, {afterTie:UInt64})
  ORDER BY sort_key, tie
  LIMIT {limit:UInt32}
)
