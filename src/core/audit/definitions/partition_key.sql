-- The texts of the expressions in the partition keys of the wanted tables, all of a table in one list: rows of
-- pg_partitioned_table. PostgreSQL 12 to 18.
-- Opens the table, and so waits for its lock (c1): under lock_timeout, in a transaction of its own (c6). In the place of
-- the position stands a list: the position of each expression in the key.
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, w.relation, w.name, w.item
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]),
        pg_catalog.unnest(:'relations'::pg_catalog.text[]),
        pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) with ordinality as w(schema, relation, name, item)
    join pg_catalog.pg_namespace as n on n.nspname = w.schema
)
select
    wanted.item,
    'partition key expression' as part,
    (
        select pg_catalog.json_agg(k.position - 1 order by k.position)::pg_catalog.text
        from pg_catalog.unnest(key.partattrs::pg_catalog.int2[]) with ordinality as k(attnum, position)
        where k.attnum = 0
    ) as position,
    pg_catalog.pg_get_expr(key.partexprs, key.partrelid) as text
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.relation
join pg_catalog.pg_partitioned_table as key on key.partrelid = c.oid
where key.partexprs is not null
order by wanted.item;
