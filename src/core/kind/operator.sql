-- All operators of the wanted names: rows of pg_operator, those left out that another one only announced. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12). format_type
-- names types under the session's search_path, which the caller pins (s3).
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, n.nspname as schema, pair.name
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as pair(schema, name)
    join pg_catalog.pg_namespace as n on n.nspname = pair.schema
)
select
    wanted.schema,
    o.oprname as name,
    case when o.oprleft <> 0 then pg_catalog.format_type(o.oprleft, null) end as left_type,
    case when o.oprright <> 0 then pg_catalog.format_type(o.oprright, null) end as right_type,
    pn.nspname as function_schema,
    p.proname as function,
    (select n.nspname from pg_catalog.pg_namespace as n where n.oid = commutator.oprnamespace) as commutator_schema,
    commutator.oprname as commutator,
    (select n.nspname from pg_catalog.pg_namespace as n where n.oid = negator.oprnamespace) as negator_schema,
    negator.oprname as negator,
    (select n.nspname from pg_catalog.pg_namespace as n where n.oid = restriction.pronamespace) as restriction_schema,
    restriction.proname as restriction,
    (select n.nspname from pg_catalog.pg_namespace as n where n.oid = joining.pronamespace) as joining_schema,
    joining.proname as joining,
    o.oprcanhash as hashes,
    o.oprcanmerge as merges
from wanted
join pg_catalog.pg_operator as o on o.oprnamespace = wanted.namespace and o.oprname = wanted.name
join pg_catalog.pg_proc as p on p.oid = o.oprcode
join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
left join pg_catalog.pg_operator as commutator on commutator.oid = o.oprcom
left join pg_catalog.pg_operator as negator on negator.oid = o.oprnegate
left join pg_catalog.pg_proc as restriction on restriction.oid = o.oprrest
left join pg_catalog.pg_proc as joining on joining.oid = o.oprjoin
order by wanted.schema, o.oprname, o.oprleft, o.oprright;
