-- The texts of the defaults of the arguments of all overloads of the wanted functions and procedures: rows of pg_proc.
-- PostgreSQL 12 to 18.
-- Waits for no lock: a default holds no column reference, and no relation is given (c3). In the place of the position
-- stand the arguments, which tell overloads apart (k18), and the position among the defaults: those are of the last
-- input arguments, and pg_get_function_arg_default counts all arguments.
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
    'argument default' as part,
    pg_catalog.json_build_array(
        (
            select pg_catalog.json_agg(pg_catalog.format_type(a.type, null) order by a.position)
            from pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) with ordinality as a(type, position)
        ),
        input.number - 1 - (p.pronargs - p.pronargdefaults)
    )::pg_catalog.text as position,
    pg_catalog.pg_get_function_arg_default(p.oid, input.position::pg_catalog.int4) as text
from wanted
join pg_catalog.pg_proc as p on p.pronamespace = wanted.namespace and p.proname = wanted.name
cross join lateral (
    select a.position, pg_catalog.row_number() over (order by a.position) as number
    from pg_catalog.unnest(coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[]))
        with ordinality as a(type, position)
    where coalesce(p.proargmodes[a.position], 'i') in ('i', 'b', 'v')
) as input
where p.prokind <> 'a' and input.number > p.pronargs - p.pronargdefaults
order by wanted.item, p.proargtypes, input.number;
