-- A text that changes whenever a registration of the service comes, changes or goes, or two of them become one person or
-- two again: what live pages watch (R24).
--
-- Reads versions alone, of rows not yet merged too: a change raises both. Purpose: service; no person is told apart.
SELECT
  concat(toString(sum(version)), ' ', toString(groupBitXor(cityHash64(vid, foyer_person(vid))))) AS version,
  count() AS rows
FROM viewer
WHERE service = {service:String}
