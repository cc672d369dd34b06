-- Who is behind a number of active people of the overview: a page of the registered ones. Every row says how many of them
-- and of visitors there are; without any on the page one row says it that is not listed (is_listed = 0), without anybody
-- there is no row.
--
-- Counted, as in the overview's reports: people with any event or start on the days, platform and country asked for; a
-- filter `any` admits all, empty text asks for what is not known. With a loyalty (see overview-people.sql) registered
-- people alone; previousFrom is then the first day of the range before, else it is `from`. The lost are measured over
-- the range before, where they were active. Purpose: analytics.
--
-- sort_key and tie order the list: what is after them is on the following pages. The tie is a hash, since subjects leave
-- EVENTS only to be given a name.
WITH active AS
(
  SELECT
    person,
    max(is_row_active AND local_date >= {from:Date}) AS is_active,
    max(is_row_active AND local_date < {from:Date}) AS was_active,
    sumIf(row_starts, is_measured) AS starts,
    sumIf(row_streams, is_measured) AS streams,
    sumIf(row_played_ms, is_measured) AS played_ms,
    maxIf(local_date, is_measured AND (is_row_active OR row_played_ms > 0)) AS last_day
  FROM
  (
    SELECT
      foyer_person(subject) AS person,
      local_date,
      ({loyalty:String} = 'lost') = (local_date < {from:Date}) AS is_measured,
      events > 0 OR starts > 0 AS is_row_active,
      starts AS row_starts,
      streams AS row_streams,
      played_ms AS row_played_ms
    FROM settled_subject_day(service = {service:String}, from = {previousFrom:Date}, to = {to:Date})
    WHERE ({platform:String} = 'any' OR platform = {platform:String})
      AND ({country:String} = 'any' OR country = {country:String})
      AND foyer_visible(subject, consent_mask, {purpose:UInt32})
  )
  GROUP BY person
),
people AS
(
  SELECT
    people.person AS person,
    registered.is_viewer AS is_viewer,
    is_viewer
      AND registered.registered_at >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
      AND registered.registered_at < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC') AS is_new,
    starts,
    streams,
    played_ms,
    last_day
  FROM active AS people
  LEFT ANY JOIN
  (
    SELECT
      foyer_person(viewer.vid) AS person,
      max(viewer.vid = person) AS is_viewer,
      min(viewer.registered_at) AS registered_at
    FROM viewer FINAL
    WHERE is_deleted = 0
    GROUP BY person
  ) AS registered ON registered.person = people.person
  WHERE multiIf(
    {loyalty:String} = 'any', is_active,
    NOT is_viewer, 0,
    {loyalty:String} = 'new', is_active AND is_new,
    {loyalty:String} = 'returning', is_active AND NOT is_new AND was_active,
    {loyalty:String} = 'back', is_active AND NOT is_new AND NOT was_active,
    was_active AND NOT is_active)
)
SELECT
  is_listed, viewers, visitors, toString(person) AS vid, starts, streams, played_ms, toString(last_day) AS last_day,
  toString(sort_key) AS sort_key, toString(tie) AS tie
FROM
(
  SELECT
    *,
    countIf(is_viewer) OVER () AS viewers,
    countIf(NOT is_viewer) OVER () AS visitors,
    if({isDescending:Bool}, -1, 1) * multiIf(
      {sort:String} = 'streams', streams,
      {sort:String} = 'starts', starts,
      {sort:String} = 'lastActive', toInt64(toUInt16(last_day)),
      played_ms) AS sort_key,
    sipHash64(person) AS tie,
    is_viewer AND (sort_key, tie) > ({afterKey:Int64}, {afterTie:UInt64}) AS is_listed
  FROM people
) AS listed
ORDER BY listed.is_listed DESC, listed.sort_key, listed.tie
LIMIT {limit:UInt32}
