-- What is not printed: kinds of objects that audits do not know, and options that may be secrets. PostgreSQL 12 to 18.
select n.nspname as schema, o.name, o.kind, o.why, o.class, o.oid::pg_catalog.int8 as oid
from (
    select
        null::pg_catalog.oid as namespace,
        pg_catalog.format('for %s in language %s', pg_catalog.format_type(t.trftype, null), l.lanname) as name,
        'transform' as kind,
        'audits do not know transforms' as why,
        'pg_transform' as class,
        t.oid
    from pg_catalog.pg_transform as t
    join pg_catalog.pg_language as l on l.oid = t.trflang
    where t.oid >= 16384
    union all
    -- Its number is not for everybody's eyes before 14.
    select null, s.subname, 'subscription', 'it connects to another server', 'pg_subscription', 0
    from pg_catalog.pg_subscription as s
    join pg_catalog.pg_database as db on db.oid = s.subdbid
    where db.datname = pg_catalog.current_database()
    union all
    select
        null,
        pg_catalog.format('%s on %s %s', l.provider, i.type, i.identity),
        'security label',
        'audits do not know security labels',
        'pg_seclabel',
        0
    from pg_catalog.pg_seclabel as l
    cross join lateral pg_catalog.pg_identify_object(l.classoid, l.objoid, l.objsubid) as i
    union all
    select
        c.relnamespace,
        pg_catalog.format('%s.%s', c.relname, tg.tgname),
        'trigger',
        'it is enabled or disabled as that of the table above it is not, which audits do not know',
        'pg_class',
        c.oid
    from pg_catalog.pg_depend as d
    join pg_catalog.pg_trigger as tg on tg.oid = d.objid
    join pg_catalog.pg_trigger as parent on parent.oid = d.refobjid
    join pg_catalog.pg_class as c on c.oid = tg.tgrelid
    where d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and d.refclassid = d.classid and d.deptype = 'P'
    and not parent.tgisinternal and parent.tgenabled <> tg.tgenabled
    union all
    select distinct
        c.relnamespace,
        pg_catalog.format('%s.%s', c.relname, con.conname),
        'constraint',
        'its triggers on ' || ofc.relname || ' do not fire as they usually do, which audits do not know',
        'pg_class',
        c.oid
    from pg_catalog.pg_trigger as tg
    join pg_catalog.pg_constraint as con on con.oid = tg.tgconstraint
    join pg_catalog.pg_class as c on c.oid = con.conrelid
    join pg_catalog.pg_class as ofc on ofc.oid = tg.tgrelid
    where tg.tgisinternal and con.contype = 'f' and con.conparentid = 0 and tg.tgenabled <> 'O'
    union all
    select
        null,
        pg_catalog.format('options of %s on %s', coalesce(um.usename, 'public'), um.srvname),
        'user mapping',
        'they may hold a password',
        'pg_user_mapping',
        um.umid
    from pg_catalog.pg_user_mappings as um
    where um.umoptions is not null
    union all
    select
        foreign_object.namespace,
        pg_catalog.format('%s of %s', o.option_name, foreign_object.name),
        'option',
        'it may be a secret',
        foreign_object.class,
        foreign_object.oid
    from (
        select
            null::pg_catalog.oid as namespace,
            'server ' || s.srvname as name,
            s.srvoptions as options,
            s.oid,
            'pg_foreign_server' as class
        from pg_catalog.pg_foreign_server as s
        union all
        select null, 'foreign-data wrapper ' || w.fdwname, w.fdwoptions, w.oid, 'pg_foreign_data_wrapper'
        from pg_catalog.pg_foreign_data_wrapper as w
        union all
        select c.relnamespace, 'foreign table ' || c.relname, f.ftoptions, c.oid, 'pg_class'
        from pg_catalog.pg_foreign_table as f
        join pg_catalog.pg_class as c on c.oid = f.ftrelid
        union all
        select
            c.relnamespace,
            pg_catalog.format('column %s of foreign table %s', a.attname, c.relname),
            a.attfdwoptions,
            c.oid,
            'pg_class'
        from pg_catalog.pg_attribute as a
        join pg_catalog.pg_class as c on c.oid = a.attrelid
        where a.attfdwoptions is not null
    ) as foreign_object
    cross join lateral pg_catalog.pg_options_to_table(foreign_object.options) as o
    where :is_secret
) as o
left join pg_catalog.pg_namespace as n on n.oid = o.namespace
where (n.oid is null or n.nspname !~ '^pg_' and n.nspname <> 'information_schema')
and (pg_catalog.cardinality(:'schemas') = 0 or n.oid is null or n.nspname = any (:'schemas'))
and not exists (
    select
    from pg_catalog.pg_depend as d
    join pg_catalog.pg_class as dc on dc.oid = d.classid and dc.relname = o.class
    where d.objid = o.oid and d.deptype = 'e'
)
order by o.kind, n.nspname, o.name;
