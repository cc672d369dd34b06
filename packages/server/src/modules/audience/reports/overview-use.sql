-- The overview's numbers by platform, by country and by local day, over a range and over as many days before it. A row
-- belongs to one part, named by `part`: the others' keys are empty in it. Keys for which nothing happened have no row;
-- what is not known is a row with an empty key.
--
-- Counted: everything that the purpose allows, signed in or not. A person counts once a key with any event or start:
-- viewers are registered, visitors are subjects that belong to no registered person. Who used two platforms counts on
-- both. Sums are linear, so that those of a part add up to the whole. Purpose: analytics.
--
-- One pass for three charts, and sets of persons instead of groups by person: 150 ms at 20 million events where three
-- grouping reports took 470. Sets need settled rows; see the migration that makes them.
SELECT
  multiIf(grouping(platform) = 0, 'platform', grouping(country) = 0, 'country', 'day') AS part,
  platform,
  country,
  toString(day) AS date,
  uniqExactIf(person, is_current AND is_active AND is_viewer) AS viewers,
  uniqExactIf(person, is_current AND is_active AND NOT is_viewer) AS visitors,
  sumIf(row_events, is_current) AS events,
  sumIf(row_starts, is_current) AS starts,
  sumIf(row_streams, is_current) AS streams,
  sumIf(row_played_ms, is_current) AS played_ms,
  uniqExactIf(person, NOT is_current AND is_active AND is_viewer) AS previous_viewers,
  uniqExactIf(person, NOT is_current AND is_active AND NOT is_viewer) AS previous_visitors,
  sumIf(row_events, NOT is_current) AS previous_events,
  sumIf(row_starts, NOT is_current) AS previous_starts,
  sumIf(row_streams, NOT is_current) AS previous_streams,
  sumIf(row_played_ms, NOT is_current) AS previous_played_ms
FROM
(
  SELECT
    platform,
    country,
    local_date AS day,
    local_date >= {from:Date} AS is_current,
    foyer_person(subject) AS person,
    person IN (SELECT vid FROM viewer FINAL WHERE is_deleted = 0) AS is_viewer,
    events > 0 OR starts > 0 AS is_active,
    events AS row_events,
    starts AS row_starts,
    streams AS row_streams,
    played_ms AS row_played_ms
  FROM settled_subject_day(service = {service:String}, from = {previousFrom:Date}, to = {to:Date})
  WHERE foyer_visible(subject, consent_mask, {purpose:UInt32})
)
GROUP BY GROUPING SETS ((platform), (country), (day))
