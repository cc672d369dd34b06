-- What was watched most over the range: titles and channels by minutes, then by streams.
--
-- Counted: everything that the purpose allows, signed in or not; a person counts once a title with any start:
-- viewers are registered, visitors belong to no registered person. Not counted: advertisements and broadcasts, which are
-- no titles. Purpose: analytics.
SELECT
  content_id,
  kind AS content_kind,
  uniqExactIf(person, is_started AND is_viewer) AS viewers,
  uniqExactIf(person, is_started AND NOT is_viewer) AS visitors,
  sum(row_starts) AS starts,
  sum(row_streams) AS streams,
  sum(row_played_ms) AS played_ms
FROM
(
  SELECT
    content_id,
    content_kind AS kind,
    foyer_person(subject) AS person,
    person IN (SELECT vid FROM viewer FINAL WHERE is_deleted = 0) AS is_viewer,
    starts > 0 AS is_started,
    starts AS row_starts,
    streams AS row_streams,
    played_ms AS row_played_ms
  FROM settled_subject_title_day(service = {service:String}, from = {from:Date}, to = {to:Date})
  WHERE content_kind IN ('vod', 'live')
    AND foyer_visible(subject, consent_mask, {purpose:UInt32})
)
GROUP BY content_id, kind
HAVING starts > 0 OR played_ms > 0
ORDER BY played_ms DESC, streams DESC, content_id
LIMIT {limit:UInt32}
