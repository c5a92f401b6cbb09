-- owner: audit. The role that looks at everything and changes nothing.

-- Gives the group role florin_auditor the right to read what `florin audit` looks at, and what later migrations add.
-- Secrets stay closed. A role belongs to the whole server, so it may be there already, or may have to be made by its
-- administrator first (docs/audit.md); then the owner of the schema calls this again. False: there is no such role.
CREATE FUNCTION florin.grant_audit() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'florin_auditor') THEN
        RETURN false;
    END IF;
    GRANT USAGE ON SCHEMA florin TO florin_auditor;
    GRANT SELECT ON ALL TABLES IN SCHEMA florin TO florin_auditor;
    ALTER DEFAULT PRIVILEGES IN SCHEMA florin GRANT SELECT ON TABLES TO florin_auditor;
    REVOKE ALL ON florin.installation, florin.api_key FROM florin_auditor;
    GRANT SELECT ON public.florin_migration TO florin_auditor;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION florin.grant_audit() FROM PUBLIC;

DO $$
BEGIN
    CREATE ROLE florin_auditor NOLOGIN;
EXCEPTION
    -- Another database of this server has made it, perhaps at this moment.
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'only an administrator can make the role florin_auditor: see docs/audit.md';
END $$;

-- Whoever migrates may step down to it: then one login is enough to begin with.
DO $$
BEGIN
    IF florin.grant_audit() AND NOT pg_has_role(current_user, 'florin_auditor', 'MEMBER') THEN
        GRANT florin_auditor TO CURRENT_USER;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'the role florin_auditor is not ours to give: see docs/audit.md';
END $$;
