-- The owners of objects. PostgreSQL 12 to 18. A sequence that goes with a column has the owner of its table, and so has
-- what is in a table; the schemas of the server are whoever's.
select o.class, o.oid::pg_catalog.int8 as oid, i.type as kind, i.identity, pg_catalog.quote_ident(r.rolname) as owner
from (
    select 'pg_class' as class, c.tableoid, c.oid, c.relnamespace as namespace, c.relowner as owner
    from pg_catalog.pg_class as c
    where c.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
    and not exists (
        select
        from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and c.relkind = 'S'
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
    )
    union all
    select 'pg_type', t.tableoid, t.oid, t.typnamespace, t.typowner
    from pg_catalog.pg_type as t
    left join pg_catalog.pg_class as c on c.oid = t.typrelid
    where t.typtype in ('b', 'c', 'd', 'e', 'r') and (t.typtype <> 'c' or c.relkind = 'c')
    and not exists (select from pg_catalog.pg_type as element where element.typarray = t.oid)
    union all
    select 'pg_proc', p.tableoid, p.oid, p.pronamespace, p.proowner
    from pg_catalog.pg_proc as p
    union all
    select 'pg_operator', o.tableoid, o.oid, o.oprnamespace, o.oprowner
    from pg_catalog.pg_operator as o
    union all
    select 'pg_opclass', o.tableoid, o.oid, o.opcnamespace, o.opcowner
    from pg_catalog.pg_opclass as o
    union all
    select 'pg_opfamily', o.tableoid, o.oid, o.opfnamespace, o.opfowner
    from pg_catalog.pg_opfamily as o
    union all
    select 'pg_collation', co.tableoid, co.oid, co.collnamespace, co.collowner
    from pg_catalog.pg_collation as co
    union all
    select 'pg_conversion', co.tableoid, co.oid, co.connamespace, co.conowner
    from pg_catalog.pg_conversion as co
    union all
    select 'pg_ts_dict', di.tableoid, di.oid, di.dictnamespace, di.dictowner
    from pg_catalog.pg_ts_dict as di
    union all
    select 'pg_ts_config', c.tableoid, c.oid, c.cfgnamespace, c.cfgowner
    from pg_catalog.pg_ts_config as c
    union all
    select 'pg_statistic_ext', s.tableoid, s.oid, s.stxnamespace, s.stxowner
    from pg_catalog.pg_statistic_ext as s
    union all
    select 'pg_namespace', n.tableoid, n.oid, n.oid, n.nspowner
    from pg_catalog.pg_namespace as n
    union all
    select 'pg_language', l.tableoid, l.oid, null, l.lanowner
    from pg_catalog.pg_language as l
    union all
    select 'pg_foreign_data_wrapper', w.tableoid, w.oid, null, w.fdwowner
    from pg_catalog.pg_foreign_data_wrapper as w
    union all
    select 'pg_foreign_server', s.tableoid, s.oid, null, s.srvowner
    from pg_catalog.pg_foreign_server as s
    union all
    select 'pg_event_trigger', e.tableoid, e.oid, null, e.evtowner
    from pg_catalog.pg_event_trigger as e
    union all
    select 'pg_publication', p.tableoid, p.oid, null, p.pubowner
    from pg_catalog.pg_publication as p
) as o
left join pg_catalog.pg_namespace as n on n.oid = o.namespace
join pg_catalog.pg_roles as r on r.oid = o.owner
cross join lateral pg_catalog.pg_identify_object(o.tableoid, o.oid, 0) as i
where (o.oid >= 16384 or n.nspname = 'public' and o.owner >= 16384)
and (n.oid is null or n.nspname !~ '^pg_' and n.nspname <> 'information_schema')
and (pg_catalog.cardinality(:'schemas') = 0 or n.oid is null or n.nspname = any (:'schemas'))
order by o.class, i.identity;
