-- How many people were active over a range and over as many days before it, and who of them was there before: one row.
-- Three ranges of the same length are read, for the earlier of the two must itself be told from the one before it.
--
-- Counted: everything that the purpose allows, signed in or not. A person counts once a range with any event or start
-- (is_active: this range, was_active: the one before, had_been: the one before that): viewers are registered, visitors
-- are subjects that belong to no registered person. New: registered within the range; merged accounts are one person,
-- registered with the first of them. Who was there without an account and registered after the range was not new in it:
-- they are among the returning or the others. Purpose: analytics.
--
-- A group for each person: sums need no settled rows.
SELECT
  countIf(is_active AND is_viewer) AS viewers,
  countIf(is_active AND NOT is_viewer) AS visitors,
  countIf(was_active AND is_viewer) AS previous_viewers,
  countIf(was_active AND NOT is_viewer) AS previous_visitors,
  countIf(is_active AND is_new) AS new,
  countIf(is_active AND is_viewer AND NOT is_new AND was_active) AS returning,
  countIf(is_active AND is_viewer AND NOT is_new AND NOT was_active) AS back,
  countIf(was_active AND is_viewer AND NOT is_active) AS lost,
  countIf(was_active AND was_new) AS previous_new,
  countIf(was_active AND is_viewer AND NOT was_new AND had_been) AS previous_returning,
  countIf(was_active AND is_viewer AND NOT was_new AND NOT had_been) AS previous_back,
  countIf(had_been AND is_viewer AND NOT was_active) AS previous_lost
FROM
(
  SELECT
    people.is_active AS is_active,
    people.was_active AS was_active,
    people.had_been AS had_been,
    registered.is_viewer AS is_viewer,
    is_viewer
      AND registered.registered_at >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
      AND registered.registered_at < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC') AS is_new,
    is_viewer
      AND registered.registered_at >= fromUnixTimestamp64Milli({previousFromMs:Int64}, 'UTC')
      AND registered.registered_at < fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC') AS was_new
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
  LEFT ANY JOIN
  (
    SELECT
      foyer_person(viewer.vid) AS person,
      max(viewer.vid = person) AS is_viewer,
      min(viewer.registered_at) AS registered_at
    FROM viewer FINAL
    WHERE is_deleted = 0
    GROUP BY person
  ) AS registered ON registered.person = people.person
)
