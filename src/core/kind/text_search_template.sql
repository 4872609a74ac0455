-- The wanted text search templates: rows of pg_ts_template. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12).
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, n.nspname as schema, pair.name
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as pair(schema, name)
    join pg_catalog.pg_namespace as n on n.nspname = pair.schema
)
select wanted.schema, tst.tmplname as name
from wanted
join pg_catalog.pg_ts_template as tst on tst.tmplnamespace = wanted.namespace and tst.tmplname = wanted.name
order by wanted.schema, tst.tmplname;
