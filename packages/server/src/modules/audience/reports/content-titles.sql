-- What was watched and what is watched more or less than before, from the rollup of subjects and titles: the titles with
-- the most minutes, those whose minutes moved most up and down, those asked for by id, and the sums over all titles on
-- every row.
--
-- Counted: everything that the purpose allows, signed in or not; a person counts once a title with any start in the
-- range: viewers are registered, visitors belong to no registered person. Not counted: advertisements and broadcasts,
-- which are no titles. Purpose: analytics.
SELECT * FROM
(
  SELECT
    content_id,
    kind AS content_kind,
    uniqExactIf(person, is_started AND is_viewer) AS viewers,
    uniqExactIf(person, is_started AND NOT is_viewer) AS visitors,
    sumIf(row_starts, is_current) AS starts,
    sumIf(row_streams, is_current) AS streams,
    sumIf(row_played_ms, is_current) AS played_ms,
    sumIf(row_starts, NOT is_current) AS previous_starts,
    sumIf(row_streams, NOT is_current) AS previous_streams,
    sumIf(row_played_ms, NOT is_current) AS previous_played_ms,
    row_number() OVER (ORDER BY played_ms DESC, streams DESC, content_id, content_kind) AS rank_by_minutes,
    row_number() OVER (ORDER BY played_ms - previous_played_ms DESC, content_id, content_kind) AS rank_up,
    row_number() OVER (ORDER BY played_ms - previous_played_ms, content_id, content_kind) AS rank_down,
    countIf(starts > 0) OVER () AS all_titles,
    sum(starts) OVER () AS all_starts,
    sum(streams) OVER () AS all_streams,
    sum(played_ms) OVER () AS all_played_ms,
    sumIf(played_ms, content_kind = 'live') OVER () AS all_live_ms,
    countIf(previous_starts > 0) OVER () AS previous_all_titles,
    sum(previous_starts) OVER () AS previous_all_starts,
    sum(previous_streams) OVER () AS previous_all_streams,
    sum(previous_played_ms) OVER () AS previous_all_played_ms,
    sumIf(previous_played_ms, content_kind = 'live') OVER () AS previous_all_live_ms
  FROM
  (
    SELECT
      content_id,
      content_kind AS kind,
      local_date >= {from:Date} AS is_current,
      foyer_person(subject) AS person,
      person IN (SELECT vid FROM viewer FINAL WHERE is_deleted = 0) AS is_viewer,
      is_current AND starts > 0 AS is_started,
      starts AS row_starts,
      streams AS row_streams,
      played_ms AS row_played_ms
    FROM settled_subject_title_day(service = {service:String}, from = {previousFrom:Date}, to = {to:Date})
    WHERE content_kind IN ('vod', 'live')
      AND foyer_visible(subject, consent_mask, {purpose:UInt32})
  )
  GROUP BY content_id, kind
)
WHERE rank_by_minutes <= {limit:UInt32}
  OR rank_up <= {limit:UInt32}
  OR rank_down <= {limit:UInt32}
  OR content_id IN {ids:Array(String)}
ORDER BY rank_by_minutes
