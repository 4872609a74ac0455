-- The texts of the expressions of the wanted extended statistics, all of one in one list: rows of pg_statistic_ext.
-- PostgreSQL 12 to 18.
-- Opens the table, and so waits for its lock (c1): under lock_timeout, in a transaction of its own (c6). stxexprs exists
-- from 14 on: the innermost select that has it gives it.
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, w.relation, w.name, w.item
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]),
        pg_catalog.unnest(:'relations'::pg_catalog.text[]),
        pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) with ordinality as w(schema, relation, name, item)
    join pg_catalog.pg_namespace as n on n.nspname = w.schema
), found as materialized (
    -- Before any text is printed: what is not wanted may be locked.
    select wanted.item, s.oid
    from wanted
    join pg_catalog.pg_statistic_ext as s on s.stxnamespace = wanted.namespace and s.stxname = wanted.name
)
select found.item, 'expression' as part, null::pg_catalog.text as position, (
    select pg_catalog.pg_get_expr(stxexprs, s.stxrelid) from (select s.*) as statistics
) as text
from found
join pg_catalog.pg_statistic_ext as s on s.oid = found.oid
cross join (select null::pg_catalog.pg_node_tree as stxexprs) as lacking
order by found.item;
