-- A text that changes whenever a registration of the service comes, changes or goes, or two of them become one person or
-- two again: what live pages watch (R24).
--
-- Of each viewer's last row: one that lies twice, until parts merge, would cancel itself out. Purpose: service; no person
-- is told apart.
SELECT
  concat(toString(sum(version)), ' ', toString(groupBitXor(cityHash64(vid, foyer_person(vid))))) AS version,
  count() AS rows
FROM viewer FINAL
WHERE service = {service:String}
