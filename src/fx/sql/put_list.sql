-- Writes a list, or gives false when there are too many (migrations/0021_fx.sql).
-- $1 slot  $2 merchant  $3 kind  $4 from  $5 to  $6 currencies  $7 now  $8 most
SELECT florin.put_currency_list($1::smallint, $2::uuid, $3::smallint, $4::text, $5::text, $6::text, $7::timestamptz,
                                $8::bigint)
