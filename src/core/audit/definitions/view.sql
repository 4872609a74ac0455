-- The texts of the wanted views and materialized views: rows of pg_class. PostgreSQL 12 to 18.
-- Opens the view and what it reads, and so waits for their locks (c1, c2): under lock_timeout, in a transaction of its
-- own (c6).
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
select wanted.item, 'definition' as part, 0 as position, pg_catalog.pg_get_viewdef(c.oid, false) as text
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.relation
where c.relkind in ('v', 'm')
order by wanted.item;
