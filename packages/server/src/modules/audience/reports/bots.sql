-- Machines apart: what came from crawlers, scripts and browsers without a screen, by local day and name.
--
-- Counted: events and requests to play whose client the recorder took for a bot by its user agent or its own word. Such
-- rows allow no purpose that needs consent, so that no other report counts them. Purpose: security.
-- From the events and views themselves: machines are few, and a rollup for them would cost every event an insert.
SELECT
  toString(day) AS date,
  bot,
  sum(happened) AS events,
  sum(started) AS views
FROM
(
  SELECT local_date AS day, browser AS bot, subject, consent_mask, toInt64(count()) AS happened,
    toInt64(countIf(type = 'play')) AS started
  FROM events
  WHERE local_date BETWEEN {from:Date} AND {to:Date}
    -- The table is in order of toDate(ts), in UTC: a local day lies within the days beside it.
    AND ts >= toDateTime64({from:Date}, 3, 'UTC') - INTERVAL 1 DAY
    AND ts < toDateTime64({to:Date}, 3, 'UTC') + INTERVAL 2 DAY
    AND service = {service:String}
    AND device_class = 'bot'
  GROUP BY day, bot, subject, consent_mask
)
WHERE foyer_visible(subject, consent_mask, {purpose:UInt32})
GROUP BY day, bot
ORDER BY day, events DESC, bot
