-- The wanted extensions with their installed versions: rows of pg_extension. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12).
select e.extname as name, e.extversion as version, n.nspname as schema
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name)
join pg_catalog.pg_extension as e on e.extname = wanted.name
join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
order by e.extname;
