-- The user mappings of the wanted servers: rows of the view over pg_user_mapping, which itself is denied (c10). Their
-- options are not asked for: they hold passwords. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12).
select
    um.srvname as server,
    um.umuser = 0 as is_public,
    um.usename as role
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name)
join pg_catalog.pg_user_mappings as um on um.srvname = wanted.name
order by um.srvname, um.umuser;
