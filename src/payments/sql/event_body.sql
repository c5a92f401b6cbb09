-- What a provider said, word for word.   $1 provider  $2 id
SELECT body
FROM florin.provider_event
WHERE slot = ANY (SELECT slot FROM florin.slot_dir) AND provider = $1::text AND id = $2::text
