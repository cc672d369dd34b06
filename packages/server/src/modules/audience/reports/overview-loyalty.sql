-- Active viewers by whether they were there before, over the range and over as many days before it. Three ranges of the
-- same length are read, for the earlier of the two must itself be told from the one before it.
--
-- Counted: registered people with any event or start in a range (is_active: this range, was_active: the one before,
-- had_been: the one before that). New: not registered before the range began. Not counted: who is not registered.
-- Purpose: analytics.
SELECT
  countIf(is_active AND registered_at >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')) AS new,
  countIf(is_active AND registered_at < fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC') AND was_active) AS returning,
  countIf(is_active AND registered_at < fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC') AND NOT was_active) AS back,
  countIf(was_active AND NOT is_active) AS lost,
  countIf(was_active AND registered_at >= fromUnixTimestamp64Milli({previousFromMs:Int64}, 'UTC')) AS previous_new,
  countIf(was_active AND registered_at < fromUnixTimestamp64Milli({previousFromMs:Int64}, 'UTC') AND had_been) AS previous_returning,
  countIf(was_active AND registered_at < fromUnixTimestamp64Milli({previousFromMs:Int64}, 'UTC') AND NOT had_been) AS previous_back,
  countIf(had_been AND NOT was_active) AS previous_lost
FROM
(
  SELECT
    foyer_person(subject) AS person,
    sumIf(events, local_date >= {from:Date}) > 0 OR sumIf(starts, local_date >= {from:Date}) > 0 AS is_active,
    sumIf(events, local_date >= {previousFrom:Date} AND local_date < {from:Date}) > 0
      OR sumIf(starts, local_date >= {previousFrom:Date} AND local_date < {from:Date}) > 0 AS was_active,
    sumIf(events, local_date < {previousFrom:Date}) > 0 OR sumIf(starts, local_date < {previousFrom:Date}) > 0 AS had_been
  FROM subject_day
  WHERE local_date BETWEEN {beforeFrom:Date} AND {to:Date}
    AND service = {service:String}
    AND foyer_visible(subject, consent_mask, {purpose:UInt32})
  GROUP BY person
) AS people
INNER JOIN (SELECT vid, registered_at FROM viewer FINAL WHERE is_deleted = 0) AS registered ON registered.vid = people.person
