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
    content_kind,
    countIf(person_starts > 0 AND is_viewer) AS viewers,
    countIf(person_starts > 0 AND NOT is_viewer) AS visitors,
    sum(person_starts) AS starts,
    sum(person_streams) AS streams,
    sum(person_played_ms) AS played_ms,
    sum(previous_person_starts) AS previous_starts,
    sum(previous_person_streams) AS previous_streams,
    sum(previous_person_played_ms) AS previous_played_ms,
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
      content_kind,
      foyer_person(subject) AS person,
      person IN (SELECT vid FROM viewer FINAL WHERE is_deleted = 0) AS is_viewer,
      sumIf(starts, local_date >= {from:Date}) AS person_starts,
      sumIf(streams, local_date >= {from:Date}) AS person_streams,
      sumIf(played_ms, local_date >= {from:Date}) AS person_played_ms,
      sumIf(starts, local_date < {from:Date}) AS previous_person_starts,
      sumIf(streams, local_date < {from:Date}) AS previous_person_streams,
      sumIf(played_ms, local_date < {from:Date}) AS previous_person_played_ms
    FROM subject_title_day
    WHERE local_date BETWEEN {previousFrom:Date} AND {to:Date}
      AND service = {service:String}
      AND content_kind IN ('vod', 'live')
      AND foyer_visible(subject, consent_mask, {purpose:UInt32})
    GROUP BY content_id, content_kind, person
  )
  GROUP BY content_id, content_kind
)
WHERE rank_by_minutes <= {limit:UInt32}
  OR rank_up <= {limit:UInt32}
  OR rank_down <= {limit:UInt32}
  OR content_id IN {ids:Array(String)}
ORDER BY rank_by_minutes
