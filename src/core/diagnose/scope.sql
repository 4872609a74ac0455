scope as materialized (
    -- The schemas that are looked at.
    select n.oid, n.nspname as schema
    from pg_catalog.pg_namespace as n
    where n.nspname = any (:'schemas'::pg_catalog.text[])
    or :'schemas'::pg_catalog.text[] = '{}' and n.nspname <> 'information_schema'
    and pg_catalog.left(n.nspname::pg_catalog.text, 3) <> 'pg_'
),
members as materialized (
    -- What belongs to extensions (k21), by catalog and oid (k22): 3079 is pg_extension.
    select d.classid, d.objid
    from pg_catalog.pg_depend as d
    where d.refclassid = 3079 and d.deptype = 'e' and not :'extensions'::pg_catalog.bool
),
relations as (
    -- 1259 is pg_class. Temporary relations are not looked at (c15).
    select c.*, scope.schema
    from scope
    join pg_catalog.pg_class as c on c.relnamespace = scope.oid
    where c.relpersistence <> 't'
    and not exists (select from members where members.classid = 1259 and members.objid = c.oid)
)
