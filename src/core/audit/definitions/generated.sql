-- The texts of the wanted generation expressions: rows of pg_attrdef. PostgreSQL 12 to 18.
-- Opens the table, and so waits for its lock (c1): under lock_timeout, in a transaction of its own (c6).
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
select wanted.item, 'generation expression' as part, 0 as position, pg_catalog.pg_get_expr(d.adbin, d.adrelid) as text
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.relation
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attname = wanted.name
join pg_catalog.pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
where a.attgenerated <> '' and not a.attisdropped
order by wanted.item;
