-- owner: payments. A buyer may bring money into his wallet by any method: a payment whose only order is a top-up.

-- seller_account of a top-up is the buyer whose wallet it goes to.
ALTER TABLE florin.payment_order ADD COLUMN top_up boolean NOT NULL DEFAULT false;
