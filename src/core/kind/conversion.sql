-- The wanted conversions: rows of pg_conversion. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12).
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, n.nspname as schema, pair.name
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as pair(schema, name)
    join pg_catalog.pg_namespace as n on n.nspname = pair.schema
)
select
    wanted.schema,
    cv.conname as name,
    pn.nspname as function_schema,
    p.proname as function,
    cv.condefault as is_default
from wanted
join pg_catalog.pg_conversion as cv on cv.connamespace = wanted.namespace and cv.conname = wanted.name
join pg_catalog.pg_proc as p on p.oid = cv.conproc
join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
order by wanted.schema, cv.conname;
