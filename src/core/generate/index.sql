-- Indexes that no constraint made (k9) and that do not come from an index of a parent (k3): rows of pg_index.
-- PostgreSQL 12 to 18.
select
    'pg_class' as class,
    c.oid::pg_catalog.int8 as oid,
    n.nspname as schema,
    c.relname as name,
    pg_catalog.quote_ident(c.relname) as quoted,
    t.oid::pg_catalog.int8 as relation,
    t.relname as relation_name,
    t.relkind = 'm' as of_view,
    c.relkind = 'I' as partitioned,
    i.indisunique as is_unique,
    pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(t.relname) as relation_qualified,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as qualified,
    i.indisclustered as is_clustered,
    i.indisreplident as is_replica_identity,
    (
        select pg_catalog.json_agg(
            pg_catalog.json_build_object(
                'number', a.attnum, 'target', (pg_catalog.to_jsonb(a) ->> 'attstattarget')::pg_catalog.int4
            ) order by a.attnum
        )
        from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and (pg_catalog.to_jsonb(a) ->> 'attstattarget')::pg_catalog.int4 >= 0
    ) as statistics,
    case when i.indisvalid then pg_catalog.pg_get_indexdef(c.oid) end as definition
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_class as t on t.oid = i.indrelid
join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
where t.relkind in ('r', 'p', 'm')
and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and not exists (select from pg_catalog.pg_inherits as h where h.inhrelid = c.oid)
and not exists (
    select
    from pg_catalog.pg_constraint as con
    where con.conrelid = i.indrelid and con.conindid = i.indexrelid and con.contype in ('p', 'u', 'x')
)
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid in (c.oid, t.oid) and d.deptype = 'e'
)
order by n.nspname, c.relname;
