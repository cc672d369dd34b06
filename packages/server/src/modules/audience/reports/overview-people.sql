-- The overview's numbers over a range and over as many days before it, and who of its active viewers was there before:
-- one row. Three ranges of the same length are read, for the earlier of the two must itself be told from the one before
-- it.
--
-- Counted: everything that the purpose allows, signed in or not. A person counts once a range with any event or start
-- (is_active: this range, was_active: the one before, had_been: the one before that): viewers are registered, visitors
-- are subjects that belong to no registered person. New: registered, and not before the range began. Purpose: analytics.
SELECT
  countIf(is_active AND is_viewer) AS viewers,
  countIf(is_active AND NOT is_viewer) AS visitors,
  sum(now_events) AS events,
  sum(now_starts) AS starts,
  sum(now_streams) AS streams,
  sum(now_played_ms) AS played_ms,
  countIf(was_active AND is_viewer) AS previous_viewers,
  countIf(was_active AND NOT is_viewer) AS previous_visitors,
  sum(before_events) AS previous_events,
  sum(before_starts) AS previous_starts,
  sum(before_streams) AS previous_streams,
  sum(before_played_ms) AS previous_played_ms,
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
    *,
    -- No subject is 0: who is not registered finds nobody.
    vid != 0 AS is_viewer,
    is_viewer AND registered_at >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC') AS is_new,
    is_viewer AND registered_at >= fromUnixTimestamp64Milli({previousFromMs:Int64}, 'UTC') AS was_new
  FROM
  (
    SELECT
      foyer_person(subject) AS person,
      sumIf(events, local_date >= {from:Date}) AS now_events,
      sumIf(starts, local_date >= {from:Date}) AS now_starts,
      sumIf(streams, local_date >= {from:Date}) AS now_streams,
      sumIf(played_ms, local_date >= {from:Date}) AS now_played_ms,
      sumIf(events, local_date >= {previousFrom:Date} AND local_date < {from:Date}) AS before_events,
      sumIf(starts, local_date >= {previousFrom:Date} AND local_date < {from:Date}) AS before_starts,
      sumIf(streams, local_date >= {previousFrom:Date} AND local_date < {from:Date}) AS before_streams,
      sumIf(played_ms, local_date >= {previousFrom:Date} AND local_date < {from:Date}) AS before_played_ms,
      now_events > 0 OR now_starts > 0 AS is_active,
      before_events > 0 OR before_starts > 0 AS was_active,
      sumIf(events, local_date < {previousFrom:Date}) > 0 OR sumIf(starts, local_date < {previousFrom:Date}) > 0 AS had_been
    FROM subject_day
    WHERE local_date BETWEEN {beforeFrom:Date} AND {to:Date}
      AND service = {service:String}
      AND foyer_visible(subject, consent_mask, {purpose:UInt32})
    GROUP BY person
  ) AS people
  LEFT ANY JOIN
  (
    SELECT vid, registered_at FROM viewer FINAL WHERE is_deleted = 0
  ) AS registered ON registered.vid = people.person
)
