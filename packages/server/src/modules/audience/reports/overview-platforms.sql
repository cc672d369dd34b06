-- Where it was watched: the overview's numbers by platform, over the range.
--
-- Counted: everything that the purpose allows; a person who uses two platforms counts on both. Platforms without a name
-- are one row with an empty one. Purpose: analytics.
SELECT
  platform_name AS platform,
  countIf(is_active) AS viewers,
  sum(person_starts) AS starts,
  sum(person_streams) AS streams,
  sum(person_played_ms) AS played_ms
FROM
(
  SELECT
    platform AS platform_name,
    foyer_person(subject) AS person,
    sum(events) > 0 OR sum(starts) > 0 AS is_active,
    sum(starts) AS person_starts,
    sum(streams) AS person_streams,
    sum(played_ms) AS person_played_ms
  FROM subject_day
  WHERE local_date BETWEEN {from:Date} AND {to:Date}
    AND service = {service:String}
    AND foyer_visible(subject, consent_mask, {purpose:UInt32})
  GROUP BY platform_name, person
)
GROUP BY platform_name
HAVING viewers > 0 OR played_ms > 0
ORDER BY played_ms DESC, streams DESC, platform
