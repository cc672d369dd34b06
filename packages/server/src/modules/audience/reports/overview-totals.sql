-- The overview's numbers over a range and over as many days before it, from the rollup of subjects.
--
-- Counted: everything that the purpose allows, signed in or not. A person counts once a range with any event or start:
-- viewers are registered, visitors are subjects that belong to no registered person. Purpose: analytics.
SELECT
  is_current,
  countIf(is_active AND is_viewer) AS viewers,
  countIf(is_active AND NOT is_viewer) AS visitors,
  sum(person_events) AS events,
  sum(person_starts) AS starts,
  sum(person_streams) AS streams,
  sum(person_played_ms) AS played_ms
FROM
(
  SELECT
    local_date >= {from:Date} AS is_current,
    foyer_person(subject) AS person,
    person IN (SELECT vid FROM viewer FINAL WHERE is_deleted = 0) AS is_viewer,
    sum(events) AS person_events,
    person_events > 0 OR sum(starts) > 0 AS is_active,
    sum(starts) AS person_starts,
    sum(streams) AS person_streams,
    sum(played_ms) AS person_played_ms
  FROM subject_day
  WHERE local_date BETWEEN {previousFrom:Date} AND {to:Date}
    AND service = {service:String}
    AND foyer_visible(subject, consent_mask, {purpose:UInt32})
  GROUP BY is_current, person
)
GROUP BY is_current
