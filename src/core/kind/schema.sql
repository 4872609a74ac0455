-- The wanted schemas: rows of pg_namespace. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12).
select n.nspname as name
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name)
join pg_catalog.pg_namespace as n on n.nspname = wanted.name
order by n.nspname;
