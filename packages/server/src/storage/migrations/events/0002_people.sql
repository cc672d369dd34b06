-- Who is who: subjects that are not simply their own person. RECORDS decides and this is its copy, one row a subject; the
-- highest version counts. `is_deleted` rows say that a subject is its own person again.
CREATE TABLE IF NOT EXISTS person_of (
  subject UInt64,
  person UInt64 COMMENT 'The vid that stands for the person',
  denied UInt32 COMMENT 'Purposes for which nothing of the person may be used',
  is_deleted UInt8,
  version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY subject
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE VIEW IF NOT EXISTS person_link AS
SELECT subject, person FROM person_of FINAL WHERE is_deleted = 0 AND person != subject;

CREATE VIEW IF NOT EXISTS person_denial AS
SELECT subject, denied FROM person_of FINAL WHERE is_deleted = 0 AND denied != 0;

-- The same in memory, in four slots: a report looks a subject up block by block, so that a slot is loaded anew only while
-- no report can be reading it. Four, so that one long report never holds back what others see. LIFETIME(0): loaded by
-- tracking's publisher alone. Denials lie apart, since there are few. The source is a view, as it needs no database's name.
CREATE DICTIONARY IF NOT EXISTS person_0 (subject UInt64, person UInt64)
PRIMARY KEY subject SOURCE(CLICKHOUSE(TABLE 'person_link')) LAYOUT(HASHED_ARRAY()) LIFETIME(0);

CREATE DICTIONARY IF NOT EXISTS person_1 (subject UInt64, person UInt64)
PRIMARY KEY subject SOURCE(CLICKHOUSE(TABLE 'person_link')) LAYOUT(HASHED_ARRAY()) LIFETIME(0);

CREATE DICTIONARY IF NOT EXISTS person_2 (subject UInt64, person UInt64)
PRIMARY KEY subject SOURCE(CLICKHOUSE(TABLE 'person_link')) LAYOUT(HASHED_ARRAY()) LIFETIME(0);

CREATE DICTIONARY IF NOT EXISTS person_3 (subject UInt64, person UInt64)
PRIMARY KEY subject SOURCE(CLICKHOUSE(TABLE 'person_link')) LAYOUT(HASHED_ARRAY()) LIFETIME(0);

CREATE DICTIONARY IF NOT EXISTS denied_0 (subject UInt64, denied UInt32)
PRIMARY KEY subject SOURCE(CLICKHOUSE(TABLE 'person_denial')) LAYOUT(HASHED()) LIFETIME(0);

CREATE DICTIONARY IF NOT EXISTS denied_1 (subject UInt64, denied UInt32)
PRIMARY KEY subject SOURCE(CLICKHOUSE(TABLE 'person_denial')) LAYOUT(HASHED()) LIFETIME(0);

CREATE DICTIONARY IF NOT EXISTS denied_2 (subject UInt64, denied UInt32)
PRIMARY KEY subject SOURCE(CLICKHOUSE(TABLE 'person_denial')) LAYOUT(HASHED()) LIFETIME(0);

CREATE DICTIONARY IF NOT EXISTS denied_3 (subject UInt64, denied UInt32)
PRIMARY KEY subject SOURCE(CLICKHOUSE(TABLE 'person_denial')) LAYOUT(HASHED()) LIFETIME(0);

-- The slot that reports read: one word, so that a report which begins now sees all of the old or all of the new.
CREATE OR REPLACE FUNCTION foyer_slot AS () -> 0;

CREATE OR REPLACE FUNCTION foyer_person AS (subject) ->
  dictGetOrDefault(concat('person_', toString(foyer_slot())), 'person', subject, subject);

CREATE OR REPLACE FUNCTION foyer_visible AS (subject, mask, purpose) -> purpose != 0 AND bitAnd(
  bitAnd(mask, bitNot(dictGetOrDefault(concat('denied_', toString(foyer_slot())), 'denied', subject, toUInt32(0)))),
  purpose) = purpose;
