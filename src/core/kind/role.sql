-- The wanted roles with their attributes: rows of pg_roles. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege (pg_authid would, c10), raises nothing (c5, c8). Names match
-- exactly (c12).
select
    r.rolname as name,
    r.rolsuper as superuser,
    r.rolcreatedb as create_database,
    r.rolcreaterole as create_role,
    r.rolinherit as inherit,
    r.rolcanlogin as login,
    r.rolreplication as replication,
    r.rolbypassrls as bypass_row_security,
    r.rolconnlimit as connection_limit
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name)
join pg_catalog.pg_roles as r on r.rolname = wanted.name
order by r.rolname;
