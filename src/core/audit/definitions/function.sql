-- The texts of all overloads of the wanted functions and procedures: rows of pg_proc. PostgreSQL 12 to 18.
-- An SQL-standard body opens what it reads, and so waits for its locks (c1): under lock_timeout, in a transaction of its
-- own (c6). The arguments, which tell overloads apart (k18), stand in the place of the position. Aggregates have no text.
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, w.name, w.item
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]),
        pg_catalog.unnest(:'relations'::pg_catalog.text[]),
        pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) with ordinality as w(schema, relation, name, item)
    join pg_catalog.pg_namespace as n on n.nspname = w.schema
)
select
    wanted.item,
    'definition' as part,
    pg_catalog.json_build_array(
        (
            select pg_catalog.json_agg(pg_catalog.format_type(a.type, null) order by a.position)
            from pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) with ordinality as a(type, position)
        ),
        0
    )::pg_catalog.text as position,
    pg_catalog.pg_get_functiondef(p.oid) as text
from wanted
join pg_catalog.pg_proc as p on p.pronamespace = wanted.namespace and p.proname = wanted.name
where p.prokind <> 'a'
order by wanted.item, p.proargtypes;
