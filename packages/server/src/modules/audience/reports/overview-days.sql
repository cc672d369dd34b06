-- The overview's numbers by local day. Days on which nothing happened have no row.
--
-- Counted: everything that the purpose allows, signed in or not. A viewer is a registered person with any event or start
-- on the day. Purpose: analytics.
SELECT
  toString(day) AS date,
  countIf(is_active AND is_viewer) AS viewers,
  sum(person_events) AS events,
  sum(person_starts) AS starts,
  sum(person_streams) AS streams,
  sum(person_played_ms) AS played_ms
FROM
(
  SELECT
    local_date AS day,
    foyer_person(subject) AS person,
    person IN (SELECT vid FROM viewer FINAL WHERE is_deleted = 0) AS is_viewer,
    sum(events) AS person_events,
    person_events > 0 OR sum(starts) > 0 AS is_active,
    sum(starts) AS person_starts,
    sum(streams) AS person_streams,
    sum(played_ms) AS person_played_ms
  FROM subject_day
  WHERE local_date BETWEEN {from:Date} AND {to:Date}
    AND service = {service:String}
    AND foyer_visible(subject, consent_mask, {purpose:UInt32})
  GROUP BY day, person
)
GROUP BY day
ORDER BY day
