-- What was watched most over the range: titles and channels by minutes, then by streams.
--
-- Counted: everything that the purpose allows, signed in or not; a person counts once a title with any start:
-- viewers are registered, visitors belong to no registered person. Not counted: advertisements and broadcasts, which are
-- no titles. Purpose: analytics.
SELECT
  content_id,
  kind AS content_kind,
  countIf(person_starts > 0 AND is_viewer) AS viewers,
  countIf(person_starts > 0 AND NOT is_viewer) AS visitors,
  sum(person_starts) AS starts,
  sum(person_streams) AS streams,
  sum(person_played_ms) AS played_ms
FROM
(
  SELECT
    content_id,
    content_kind AS kind,
    foyer_person(subject) AS person,
    person IN (SELECT vid FROM viewer FINAL WHERE is_deleted = 0) AS is_viewer,
    sum(starts) AS person_starts,
    sum(streams) AS person_streams,
    sum(played_ms) AS person_played_ms
  FROM subject_title_day
  WHERE local_date BETWEEN {from:Date} AND {to:Date}
    AND service = {service:String}
    AND content_kind IN ('vod', 'live')
    AND foyer_visible(subject, consent_mask, {purpose:UInt32})
  GROUP BY content_id, kind, person
)
GROUP BY content_id, kind
HAVING starts > 0 OR played_ms > 0
ORDER BY played_ms DESC, streams DESC, content_id
LIMIT {limit:UInt32}
