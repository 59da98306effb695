/**
 * Commits and refunds as usage counts them. A refund counts on the day it took effect, so that days that are over do not
 * change, and under the member and the properties of the commit it reverses. A commit's properties are those of its own
 * metadata, else of its reservation's; longer values count by their first 64 characters, because a row's key has to fit
 * into its index. `$3` has the names of the properties.
 */
export const SPEND_COLUMNS = `
       e.account_no, (e.effective_at AT TIME ZONE 'UTC')::date AS day, e.unit,
       ARRAY[s.member] || ARRAY(
         SELECT left(coalesce(s.metadata ->> chosen.property, r.metadata ->> chosen.property), 64)
         FROM unnest($3::text[]) WITH ORDINALITY AS chosen(property, place) ORDER BY place) AS dimensions,
       count(*) FILTER (WHERE e.type = 'commit') AS commits,
       coalesce(sum(e.spent) FILTER (WHERE e.type = 'commit'), 0) AS committed,
       coalesce(-sum(e.spent) FILTER (WHERE e.type = 'refund'), 0) AS refunded`;

/** Needs a condition on `e` beside `type IN ('commit', 'refund')`. */
export const SPENDS = `
FROM entries e
CROSS JOIN LATERAL (
  SELECT e.member, e.metadata, e.reservation WHERE e.type = 'commit'
  UNION ALL
  SELECT c.member, c.metadata, c.reservation FROM entries c
  WHERE e.type = 'refund' AND c.account_no = e.account_no AND c.seq = e.target) s
LEFT JOIN LATERAL (
  SELECT reserved.metadata FROM entries reserved
  WHERE reserved.account_no = e.account_no AND reserved.seq = s.reservation LIMIT 1) r ON true`;
