-- The texts of the key expressions and the predicates of the wanted indexes: rows of pg_index. PostgreSQL 12 to 18.
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
select wanted.item, 'key expression' as part, k.position - 1 as position,
    pg_catalog.pg_get_indexdef(i.indexrelid, k.position::pg_catalog.int4, false) as text
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
join pg_catalog.pg_index as i on i.indexrelid = c.oid
cross join pg_catalog.unnest(i.indkey::pg_catalog.int2[]) with ordinality as k(attnum, position)
where k.attnum = 0 and k.position <= i.indnkeyatts
union all
select wanted.item, 'predicate', 0, pg_catalog.pg_get_expr(i.indpred, i.indrelid)
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
join pg_catalog.pg_index as i on i.indexrelid = c.oid
where i.indpred is not null
order by 1, 2, 3;
