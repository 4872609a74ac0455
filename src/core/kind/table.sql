-- The wanted tables, partitioned ones and partitions included: rows of pg_class. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12); temporary
-- tables never match (c15).
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
    c.relname as name,
    c.relpersistence as persistence,
    c.relkind = 'p' as partitioned,
    c.relrowsecurity as row_security,
    c.relforcerowsecurity as force_row_security
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
where c.relkind in ('r', 'p') and c.relpersistence <> 't'
order by wanted.schema, c.relname;
