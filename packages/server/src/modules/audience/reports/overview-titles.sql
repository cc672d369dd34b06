-- What was watched most over the range: titles and channels by minutes, then by streams.
--
-- Counted: everything that the purpose allows, signed in or not; a person counts once a title with any start:
-- viewers are registered, visitors belong to no registered person. Not counted: advertisements and broadcasts, which are
-- no titles. Purpose: analytics.
--
-- FINAL takes revisions and what they revise together, so that a row has starts or has none; grouping by person first
-- would say the same in twice the time.
SELECT
  content_id,
  kind AS content_kind,
  uniqExactIf(person, day_starts > 0 AND is_viewer) AS viewers,
  uniqExactIf(person, day_starts > 0 AND NOT is_viewer) AS visitors,
  sum(day_starts) AS starts,
  sum(day_streams) AS streams,
  sum(day_played_ms) AS played_ms
FROM
(
  SELECT
    content_id,
    content_kind AS kind,
    foyer_person(subject) AS person,
    person IN (SELECT vid FROM viewer FINAL WHERE is_deleted = 0) AS is_viewer,
    starts AS day_starts,
    streams AS day_streams,
    played_ms AS day_played_ms
  FROM subject_title_day FINAL
  WHERE local_date BETWEEN {from:Date} AND {to:Date}
    AND service = {service:String}
    AND content_kind IN ('vod', 'live')
    AND foyer_visible(subject, consent_mask, {purpose:UInt32})
)
GROUP BY content_id, kind
HAVING starts > 0 OR played_ms > 0
ORDER BY played_ms DESC, streams DESC, content_id
LIMIT {limit:UInt32}
