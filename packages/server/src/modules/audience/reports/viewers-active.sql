-- Who is behind a number of active people of the overview: a page of the registered ones, after how many of them and of
-- visitors there are (one row of part `count`, always there).
--
-- Counted, as in the overview's reports: people with any event or start on the days, platform and country asked for; a
-- filter `any` admits all, empty text asks for what is not known. With a loyalty (see overview-people.sql) registered
-- people alone; previousFrom is then the first day of the range before, else it is `from`. The lost are measured over
-- the range before, where they were active. Purpose: analytics.
--
-- sort_key and tie order the list: what is after them is on the following pages. The tie is a hash, since subjects leave
-- EVENTS only to be given a name.
WITH people AS
(
  SELECT
    person,
    person IN (SELECT vid FROM viewer FINAL WHERE is_deleted = 0) AS is_viewer,
    person IN (
      SELECT vid FROM viewer FINAL
      WHERE is_deleted = 0 AND registered_at >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
    ) AS is_new,
    sumIf(day_events, day >= {from:Date}) > 0 OR sumIf(day_starts, day >= {from:Date}) > 0 AS is_active,
    sumIf(day_events, day < {from:Date}) > 0 OR sumIf(day_starts, day < {from:Date}) > 0 AS was_active,
    sumIf(day_starts, is_measured) AS starts,
    sumIf(day_streams, is_measured) AS streams,
    sumIf(day_played_ms, is_measured) AS played_ms,
    maxIf(day, is_measured AND (day_events > 0 OR day_starts > 0 OR day_played_ms > 0)) AS last_day
  FROM
  (
    SELECT
      foyer_person(subject) AS person,
      local_date AS day,
      ({loyalty:String} = 'lost') = (local_date < {from:Date}) AS is_measured,
      sum(events) AS day_events,
      sum(starts) AS day_starts,
      sum(streams) AS day_streams,
      sum(played_ms) AS day_played_ms
    FROM subject_day
    WHERE local_date BETWEEN {previousFrom:Date} AND {to:Date}
      AND service = {service:String}
      AND ({platform:String} = 'any' OR platform = {platform:String})
      AND ({country:String} = 'any' OR country = {country:String})
      AND foyer_visible(subject, consent_mask, {purpose:UInt32})
    GROUP BY person, day
  )
  GROUP BY person
  HAVING multiIf(
    {loyalty:String} = 'any', is_active,
    NOT is_viewer, 0,
    {loyalty:String} = 'new', is_active AND is_new,
    {loyalty:String} = 'returning', is_active AND NOT is_new AND was_active,
    {loyalty:String} = 'back', is_active AND NOT is_new AND NOT was_active,
    was_active AND NOT is_active)
)
SELECT
  'count' AS part, countIf(is_viewer) AS viewers, countIf(NOT is_viewer) AS visitors,
  '' AS vid, 0 AS starts, 0 AS streams, 0 AS played_ms, '' AS last_day, '' AS sort_key, '' AS tie
FROM people
UNION ALL
SELECT
  'viewer', 0, 0, toString(person), starts, streams, played_ms, toString(last_day), toString(sort_key), toString(tie)
FROM
(
  SELECT
    *,
    if({isDescending:Bool}, -1, 1) * multiIf(
      {sort:String} = 'streams', streams,
      {sort:String} = 'starts', starts,
      {sort:String} = 'lastActive', toInt64(toUInt16(last_day)),
      played_ms) AS sort_key,
    sipHash64(person) AS tie
  FROM people
  WHERE is_viewer AND (sort_key, tie) > ({afterKey:Int64}, {afterTie:UInt64})
  ORDER BY sort_key, tie
  LIMIT {limit:UInt32}
)
