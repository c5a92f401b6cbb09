-- What this session may do as the role that it has now: its name, whether it may change a row of the schema, and whether
-- it may become the auditor; and about how many rows the schema has, as far as the server knows. One row.
SELECT current_user::text,
       (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) OR EXISTS (
           SELECT FROM pg_class c
           JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = 'florin' AND c.relkind IN ('r', 'p')
             AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')),
       EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'florin_auditor' AND pg_has_role(r.oid, 'MEMBER')),
       (SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'florin' AND c.relkind IN ('r', 'p'))
