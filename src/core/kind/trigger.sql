-- All triggers of the wanted relations: rows of pg_trigger. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8, k31). Names match exactly (c12);
-- temporary tables never match (c15). Triggers of constraints and clones on partitions are left out (k2): a clone is
-- internal in 12 and has a tgparentid, which exists from 13 on, later.
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
    c.relname as relation,
    tg.tgname as name,
    tg.tgtype as bits,
    (
        select pg_catalog.json_agg(a.attname order by a.attname)::pg_catalog.text
        from pg_catalog.pg_attribute as a
        where a.attrelid = tg.tgrelid and a.attnum = any (tg.tgattr::pg_catalog.int2[])
    ) as update_columns,
    pn.nspname as function_schema,
    p.proname as function,
    tg.tgqual is not null as has_condition,
    tg.tgenabled as enabled,
    tg.tgconstraint <> 0 as is_constraint,
    tg.tgdeferrable as deferrable,
    tg.tginitdeferred as initially_deferred,
    tg.tgoldtable as old_table,
    tg.tgnewtable as new_table,
    pg_catalog.encode(tg.tgargs, 'hex') as arguments
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
join pg_catalog.pg_trigger as tg on tg.tgrelid = c.oid
join pg_catalog.pg_proc as p on p.oid = tg.tgfoid
join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
where c.relpersistence <> 't' and not tg.tgisinternal
and coalesce(pg_catalog.to_jsonb(tg) ->> 'tgparentid', '0') = '0'
order by wanted.schema, c.relname, tg.tgname;
