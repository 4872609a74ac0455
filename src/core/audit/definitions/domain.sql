-- The texts of the default and of the CHECK constraints of the wanted domains, the latter in the order of their names:
-- rows of pg_type and pg_constraint. PostgreSQL 12 to 18.
-- Waits for no lock: nothing of a domain refers to a relation.
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
select wanted.item, 'default' as part, 0 as position, pg_catalog.pg_get_expr(t.typdefaultbin, 0) as text
from wanted
join pg_catalog.pg_type as t on t.typnamespace = wanted.namespace and t.typname = wanted.name
where t.typtype = 'd' and t.typdefaultbin is not null
union all
select wanted.item, 'check',
    pg_catalog.row_number() over (partition by wanted.item order by con.conname) - 1,
    pg_catalog.pg_get_expr(con.conbin, 0)
from wanted
join pg_catalog.pg_type as t on t.typnamespace = wanted.namespace and t.typname = wanted.name
join pg_catalog.pg_constraint as con on con.contypid = t.oid
where t.typtype = 'd' and con.conrelid = 0 and con.contype = 'c'
order by 1, 2, 3;
