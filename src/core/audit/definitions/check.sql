-- The texts of the wanted CHECK constraints of tables: rows of pg_constraint. PostgreSQL 12 to 18.
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
select wanted.item, 'expression' as part, 0 as position, pg_catalog.pg_get_expr(con.conbin, con.conrelid) as text
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.relation
join pg_catalog.pg_constraint as con on con.conrelid = c.oid and con.conname = wanted.name
where con.contype = 'c'
order by wanted.item;
