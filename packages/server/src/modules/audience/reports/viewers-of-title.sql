-- Who is behind the viewers of a title or channel, or of all of a kind: a page of the registered ones.
--
-- Counted, as in overview-titles.sql: people with any start on the days; a filter `any` admits all. Not counted:
-- advertisements and broadcasts. Purpose: analytics. Counts, order and ties: as in viewers-active.sql.
WITH people AS
(
  SELECT
    person,
    person IN (SELECT vid FROM viewer FINAL WHERE is_deleted = 0) AS is_viewer,
    sum(row_starts) AS starts,
    sum(row_streams) AS streams,
    sum(row_played_ms) AS played_ms,
    maxIf(local_date, row_starts > 0 OR row_played_ms > 0) AS last_day
  FROM
  (
    SELECT
      foyer_person(subject) AS person,
      local_date,
      starts AS row_starts,
      streams AS row_streams,
      played_ms AS row_played_ms
    FROM settled_subject_title_day(service = {service:String}, from = {from:Date}, to = {to:Date})
    WHERE content_kind IN ('vod', 'live')
      AND ({contentKind:String} = 'any' OR content_kind = {contentKind:String})
      AND ({isAnyTitle:Bool} OR content_id = {contentId:String})
      AND foyer_visible(subject, consent_mask, {purpose:UInt32})
  )
  GROUP BY person
  HAVING starts > 0
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
