-- owner: payouts. What a bank sent back is not sent there again: an approved payout whose seller or destination was suspended
-- afterwards leaves in no file until both are good again.

-- As in 0017, of those alone whose seller is active and whose destination is good.
CREATE OR REPLACE FUNCTION florin.make_payout_batch(b florin.payout_batch[], p_limit bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_batch florin.payout_batch;
    v_ids   uuid[];
    v_slots smallint[];
    v_n     bigint;
    v_sum   bigint;
BEGIN
    SELECT u.* INTO v_batch FROM unnest(b) u;
    SELECT array_agg(x.id), array_agg(x.slot) INTO v_ids, v_slots
    FROM (
        SELECT y.slot, y.id FROM florin.payout y
        WHERE y.due_at < 'infinity' AND y.due_at <= v_batch.created_at AND y.rail = 'bank_file'
          AND y.status = 'approved' AND y.merchant_id = v_batch.merchant_id
          AND y.currency = v_batch.currency AND y.source = v_batch.source
          AND y.batch_id = '00000000-0000-0000-0000-000000000000'
          AND NOT EXISTS (SELECT FROM florin.seller s WHERE s.slot = y.slot AND s.id = y.seller_id AND s.state = 2)
          AND NOT EXISTS (SELECT FROM florin.payout_settings s WHERE s.slot = y.slot AND s.seller_id = y.seller_id
                          AND s.currency = y.currency AND s.suspended <> '')
        ORDER BY y.due_at, y.id
        LIMIT p_limit
    ) x;
    UPDATE florin.payout p SET batch_id = v_batch.id, due_at = 'infinity'
    FROM unnest(v_slots, v_ids) AS u (slot, id)
    WHERE p.slot = u.slot AND p.id = u.id AND p.status = 'approved'
      AND p.batch_id = '00000000-0000-0000-0000-000000000000';
    GET DIAGNOSTICS v_n = ROW_COUNT;
    IF v_n = 0 THEN
        RETURN 0;
    END IF;
    SELECT sum(p.amount) INTO v_sum FROM florin.payout p WHERE p.batch_id = v_batch.id;
    INSERT INTO florin.payout_batch
    VALUES (v_batch.slot, v_batch.id, v_batch.merchant_id, v_batch.currency, v_batch.source, v_batch.name,
            v_batch.bic, v_n, v_sum, v_batch.created_at, v_batch.exported_at);
    RETURN v_n;
END $$;

-- As in 0017; what may not be paid any more leaves the batch first, and waits for another one.
CREATE OR REPLACE FUNCTION florin.export_payout_batch(p_slot smallint, p_id uuid, p_merchant uuid, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE florin.payout_batch b SET exported_at = p_at
    WHERE b.slot = p_slot AND b.id = p_id AND b.merchant_id = p_merchant AND b.exported_at = 'infinity';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE florin.payout p SET batch_id = '00000000-0000-0000-0000-000000000000', due_at = p_at
    WHERE p.batch_id = p_id AND p.status = 'approved'
      AND (EXISTS (SELECT FROM florin.seller s WHERE s.slot = p.slot AND s.id = p.seller_id AND s.state = 2)
           OR EXISTS (SELECT FROM florin.payout_settings s WHERE s.slot = p.slot AND s.seller_id = p.seller_id
                      AND s.currency = p.currency AND s.suspended <> ''));
    UPDATE florin.payout p
    SET status = 'in_transit', version = p.version + 1, sent_at = p_at, updated_at = p_at
    WHERE p.batch_id = p_id AND p.status = 'approved';
    INSERT INTO florin.payout_event (slot, payout_id, version, event, status, by_key, detail, at)
    SELECT p.slot, p.id, p.version, 'exported', p.status, '00000000-0000-0000-0000-000000000000', '', p_at
    FROM florin.payout p
    WHERE p.batch_id = p_id AND p.status = 'in_transit' AND p.sent_at = p_at;
END $$;
