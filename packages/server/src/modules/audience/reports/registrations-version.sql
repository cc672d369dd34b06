-- A number that changes whenever a registration of the service comes, changes or goes: what live pages watch (R24).
--
-- Reads versions alone, of rows not yet merged too: a change raises both. Purpose: service; no person is told apart.
SELECT toString(sum(version)) AS version, count() AS rows
FROM viewer
WHERE service = {service:String}
