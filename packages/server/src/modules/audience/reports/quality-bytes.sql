-- Bytes that players reported, by day, over the range and over as many days before it.
--
-- Counted: what may be counted for invoices, whether it may be measured or not. Purpose: billing.
SELECT
  toString(local_date) AS date,
  sum(bytes) AS bytes
FROM bytes_day
WHERE local_date BETWEEN {previousFrom:Date} AND {to:Date}
  AND service = {service:String}
  AND foyer_visible(subject, consent_mask, {purpose:UInt32})
GROUP BY local_date
