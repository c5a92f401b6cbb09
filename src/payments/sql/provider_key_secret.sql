-- The secret of the installation.
SELECT provider_key_secret FROM florin.installation WHERE id = 1
