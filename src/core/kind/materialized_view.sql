-- The wanted materialized views: rows of pg_class. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c1, c5, c8). Names match exactly (c12).
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
    c.relispopulated as populated,
    am.amname as access_method,
    (
        select pg_catalog.json_agg(a.attname order by a.attnum)::pg_catalog.text
        from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ) as columns,
    pg_catalog.to_json(c.reloptions)::pg_catalog.text as parameters
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
left join pg_catalog.pg_am as am on am.oid = c.relam
where c.relkind = 'm'
order by wanted.schema, c.relname;
