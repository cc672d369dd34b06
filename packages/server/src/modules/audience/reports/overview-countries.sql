-- Where the devices were: the overview's numbers by country, over the range and over as many days before it.
--
-- Counted: everything that the purpose allows; a person who was in two countries counts in both. Viewers are registered,
-- visitors are subjects that belong to no registered person. Devices without a known place are one row with an empty one.
-- Purpose: analytics.
SELECT
  country,
  countIf(is_active AND is_viewer) AS viewers,
  countIf(is_active AND NOT is_viewer) AS visitors,
  sum(person_starts) AS starts,
  sum(person_streams) AS streams,
  sum(person_played_ms) AS played_ms,
  countIf(was_active AND is_viewer) AS previous_viewers,
  countIf(was_active AND NOT is_viewer) AS previous_visitors,
  sum(previous_person_played_ms) AS previous_played_ms
FROM
(
  SELECT
    country,
    foyer_person(subject) AS person,
    person IN (SELECT vid FROM viewer FINAL WHERE is_deleted = 0) AS is_viewer,
    sumIf(events, local_date >= {from:Date}) > 0 OR sumIf(starts, local_date >= {from:Date}) > 0 AS is_active,
    sumIf(events, local_date < {from:Date}) > 0 OR sumIf(starts, local_date < {from:Date}) > 0 AS was_active,
    sumIf(starts, local_date >= {from:Date}) AS person_starts,
    sumIf(streams, local_date >= {from:Date}) AS person_streams,
    sumIf(played_ms, local_date >= {from:Date}) AS person_played_ms,
    sumIf(played_ms, local_date < {from:Date}) AS previous_person_played_ms
  FROM subject_day
  WHERE local_date BETWEEN {previousFrom:Date} AND {to:Date}
    AND service = {service:String}
    AND foyer_visible(subject, consent_mask, {purpose:UInt32})
  GROUP BY country, person
)
GROUP BY country
HAVING viewers > 0 OR visitors > 0 OR played_ms > 0 OR previous_viewers > 0 OR previous_visitors > 0
ORDER BY viewers + visitors DESC, played_ms DESC, country
LIMIT {limit:UInt32}
