-- Who is behind a number of registrations: a page of them.
--
-- Counted and not counted: as in registrations.sql, by the same keys of age, gender and place. A filter `any` admits all;
-- a state or city is one of the local country, other countries are `other` there, what is not known `unknown`.
-- ageFrom and ageTo are included, -1 stands for an age that is not known. Purpose: service.
-- Counts, order and ties: as in viewers-active.sql.
WITH people AS
(
  SELECT
    account.vid AS person,
    assumeNotNull(least(account.registered_at, merged.registered_at)) AS at,
    toUnixTimestamp64Milli(at) AS registered_ms,
    if(account.gender IN ('female', 'male', 'other'), account.gender, 'unknown') AS gender,
    ifNull(toInt16(multiIf(
      account.age_at_registration IS NULL, merged.age,
      ifNull(merged.aged_at < account.registered_at, 0), merged.age,
      account.age_at_registration)), -1) AS age,
    account.country AS country,
    account.region AS region,
    account.city AS city,
    multiIf(
      {geography:String} = 'any', 'any',
      country = '', 'unknown',
      {geography:String} = 'country', 'place',
      country != {localCountry:String}, 'other',
      if({geography:String} = 'state', region, city) = '', 'unknown',
      'place') AS place
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
  WHERE at >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
    AND at < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
    AND ({gender:String} = 'any' OR gender = {gender:String})
    AND age BETWEEN {ageFrom:Int16} AND {ageTo:Int16}
    AND place = {place:String}
    AND (place != 'place' OR if({geography:String} = 'country', country, region) = {code:String})
    AND (place != 'place' OR {geography:String} != 'city' OR city = {city:String})
)
SELECT
  is_listed, viewers, toString(person) AS vid, registered_ms, gender, age, country, region, city,
  toString(sort_key) AS sort_key, toString(tie) AS tie
FROM
(
  SELECT
    *,
    count() OVER () AS viewers,
    if({isDescending:Bool}, -1, 1) * if({sort:String} = 'age', toInt64(age), registered_ms) AS sort_key,
    sipHash64(person) AS tie,
    (sort_key, tie) > ({afterKey:Int64}, {afterTie:UInt64}) AS is_listed
  FROM people
) AS listed
ORDER BY listed.is_listed DESC, listed.sort_key, listed.tie
LIMIT {limit:UInt32}
