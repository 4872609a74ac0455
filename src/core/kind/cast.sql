-- The wanted casts: rows of pg_cast. A pair is the bare names of the two types (of its element for an array); the types
-- themselves decide. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12).
-- format_type names types under the session's search_path, which the caller pins (s3).
with wanted as materialized (
    select pair.source, pair.target
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as pair(source, target)
)
select
    pg_catalog.format_type(ca.castsource, null) as source,
    pg_catalog.format_type(ca.casttarget, null) as target,
    ca.castmethod as method,
    ca.castcontext as context,
    pn.nspname as function_schema,
    p.proname as function
from pg_catalog.pg_cast as ca
join pg_catalog.pg_type as s on s.oid = ca.castsource
left join pg_catalog.pg_type as se on se.oid = s.typelem and se.typarray = s.oid
join pg_catalog.pg_type as t on t.oid = ca.casttarget
left join pg_catalog.pg_type as te on te.oid = t.typelem and te.typarray = t.oid
join wanted
    on wanted.source = coalesce(se.typname, s.typname)::pg_catalog.text
    and wanted.target = coalesce(te.typname, t.typname)::pg_catalog.text
left join pg_catalog.pg_proc as p on p.oid = ca.castfunc
left join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
order by ca.castsource, ca.casttarget;
