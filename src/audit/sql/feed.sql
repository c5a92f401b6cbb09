-- Events that should be in their merchant's feed and are not: those that are younger than nothing from their slot's mark on.
-- (An event is as young as the youngest version of its object up to it.) Rows of a feed without such an event, without the
-- position before them, or above the head; heads without a row. That no event is there twice the second key of the feed
-- keeps. A feed stands in its merchant's home (the last ten bits of the id), and may be long: it is cut by the slots of its
-- objects.
SELECT x.slot, x.payment_id, x.object, x.object_id, x.what, x.expected, x.found, '' AS currency, 0::numeric AS at_stake
FROM (
    SELECT e.slot, e.payment_id, e.object, e.object_id, 'version ' || e.version AS what, 'in the feed' AS expected,
           'not there' AS found
    FROM (
        SELECT v.slot, v.payment_id, 'payment' AS object, v.payment_id AS object_id, v.version,
               max(v.xid) OVER (PARTITION BY v.slot, v.payment_id ORDER BY v.version) AS young,
               (SELECT o.merchant_id FROM florin.operation o
                WHERE o.slot = v.slot AND o.payment_id = v.payment_id LIMIT 1) AS merchant_id
        FROM event v
        UNION ALL
        SELECT v.slot, '00000000-0000-0000-0000-000000000000', 'payout', v.payout_id, v.version,
               max(v.xid) OVER (PARTITION BY v.slot, v.payout_id ORDER BY v.version), p.merchant_id
        FROM payout_event v
        JOIN payout p ON p.slot = v.slot AND p.id = v.payout_id
    ) e
    JOIN event_mark m ON m.slot = e.slot AND e.young < m.hi_xid
    WHERE e.merchant_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM florin.feed f
        WHERE f.slot = (((get_byte(uuid_send(e.merchant_id), 14) & 3) << 8) | get_byte(uuid_send(e.merchant_id), 15))
          AND f.object_slot = e.slot AND f.object_id = e.object_id AND f.version = e.version
          AND f.merchant_id = e.merchant_id)
    UNION ALL
    SELECT f.object_slot, w.payment_id, w.object, w.object_id, w.what, w.expected, 'none'
    FROM florin.slot_dir d
    JOIN florin.feed f ON f.slot = d.slot AND f.object_slot BETWEEN $1 AND $2
    CROSS JOIN LATERAL (
        SELECT CASE f.object WHEN 1 THEN f.object_id ELSE '00000000-0000-0000-0000-000000000000' END AS payment_id,
               CASE f.object WHEN 1 THEN 'payment' ELSE 'payout' END AS object, f.object_id,
               'version ' || f.version || ' at ' || f.position AS what, 'an event below the mark' AS expected
        WHERE NOT EXISTS (
            SELECT FROM event v
            JOIN event_mark m ON m.slot = v.slot AND v.xid < m.hi_xid
            WHERE f.object = 1 AND v.slot = f.object_slot AND v.payment_id = f.object_id AND v.version = f.version
              AND f.merchant_id = (SELECT o.merchant_id FROM florin.operation o
                                   WHERE o.slot = v.slot AND o.payment_id = v.payment_id LIMIT 1))
          AND NOT EXISTS (
            SELECT FROM payout_event v
            JOIN event_mark m ON m.slot = v.slot AND v.xid < m.hi_xid
            JOIN payout p ON p.slot = v.slot AND p.id = v.payout_id
            WHERE f.object = 2 AND v.slot = f.object_slot AND v.payout_id = f.object_id AND v.version = f.version
              AND p.merchant_id = f.merchant_id)
        UNION ALL
        SELECT '00000000-0000-0000-0000-000000000000', 'merchant', f.merchant_id, 'position ' || f.position,
               'the position before'
        WHERE f.position > 1 AND NOT EXISTS (
            SELECT FROM florin.feed b
            WHERE b.slot = f.slot AND b.merchant_id = f.merchant_id AND b.position = f.position - 1)
        UNION ALL
        SELECT '00000000-0000-0000-0000-000000000000', 'merchant', f.merchant_id, 'position ' || f.position,
               'a head at or above'
        WHERE NOT EXISTS (
            SELECT FROM florin.feed_head h
            WHERE h.slot = f.slot AND h.merchant_id = f.merchant_id AND h.position >= f.position)
    ) w
    UNION ALL
    SELECT h.slot, '00000000-0000-0000-0000-000000000000', 'merchant', h.merchant_id, 'position ' || h.position,
           'an event', 'none'
    FROM feed_head h
    WHERE NOT EXISTS (SELECT FROM florin.feed f
                      WHERE f.slot = h.slot AND f.merchant_id = h.merchant_id AND f.position = h.position)
) x
