-- The texts of the wanted triggers, of which the condition is read: rows of pg_trigger. PostgreSQL 12 to 18.
-- With a condition it opens the table, and so waits for its lock (c1, k31): under lock_timeout, in a transaction of its
-- own (c6). The condition alone cannot be had: pg_get_expr refuses what is over two rows.
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
select wanted.item, 'condition' as part, 0 as position, pg_catalog.pg_get_triggerdef(tg.oid, false) as text
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.relation
join pg_catalog.pg_trigger as tg on tg.tgrelid = c.oid and tg.tgname = wanted.name
where tg.tgqual is not null and not tg.tgisinternal
order by wanted.item;
