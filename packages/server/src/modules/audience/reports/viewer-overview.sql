-- What one person played over a range (R36), from the rollup of subjects.
--
-- subjects: every subject that belongs to the person; the list serves the primary key, foyer_person rules.
-- Counted: what the purpose allows. Purpose: analytics.
SELECT
  sum(starts) AS starts,
  sum(streams) AS streams,
  sum(played_ms) AS played_ms
FROM subject_day
WHERE local_date BETWEEN {from:Date} AND {to:Date}
  AND service = {service:String}
  AND subject IN {subjects:Array(UInt64)}
  AND foyer_person(subject) = {person:UInt64}
  AND foyer_visible(subject, consent_mask, {purpose:UInt32})
