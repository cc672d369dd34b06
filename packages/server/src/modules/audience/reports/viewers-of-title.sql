-- Who is behind the viewers of a title or channel, or of all of a kind: a page of the registered ones, after how many of
-- them and of visitors there are (one row of part `count`, always there).
--
-- Counted, as in overview-titles.sql: people with any start on the days; a filter `any` admits all. Not counted:
-- advertisements and broadcasts. Purpose: analytics. Order and ties: as in viewers-active.sql.
WITH people AS
(
  SELECT
    person,
    person IN (SELECT vid FROM viewer FINAL WHERE is_deleted = 0) AS is_viewer,
    sum(day_starts) AS starts,
    sum(day_streams) AS streams,
    sum(day_played_ms) AS played_ms,
    maxIf(day, day_starts > 0 OR day_played_ms > 0) AS last_day
  FROM
  (
    SELECT
      foyer_person(subject) AS person,
      local_date AS day,
      sum(starts) AS day_starts,
      sum(streams) AS day_streams,
      sum(played_ms) AS day_played_ms
    FROM subject_title_day
    WHERE local_date BETWEEN {from:Date} AND {to:Date}
      AND service = {service:String}
      AND content_kind IN ('vod', 'live')
      AND ({contentKind:String} = 'any' OR content_kind = {contentKind:String})
      AND ({isAnyTitle:Bool} OR content_id = {contentId:String})
      AND foyer_visible(subject, consent_mask, {purpose:UInt32})
    GROUP BY person, day
  )
  GROUP BY person
  HAVING starts > 0
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
