-- Objects of kinds that are not printed. PostgreSQL 12 to 18.
select n.nspname as schema, o.name, o.kind
from (
    select c.relnamespace as namespace, c.relname as name, 'foreign table' as kind,
        c.oid, 'pg_catalog.pg_class'::pg_catalog.regclass as class
    from pg_catalog.pg_class as c
    where c.relkind = 'f'
    union all
    select p.pronamespace, p.proname, 'aggregate', p.oid, 'pg_catalog.pg_proc'::pg_catalog.regclass
    from pg_catalog.pg_proc as p
    where p.prokind = 'a'
    union all
    select c.relnamespace, r.rulename, 'rule', r.oid, 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    from pg_catalog.pg_rewrite as r
    join pg_catalog.pg_class as c on c.oid = r.ev_class
    where r.rulename <> '_RETURN'
    union all
    select s.stxnamespace, s.stxname, 'statistics', s.oid, 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass
    from pg_catalog.pg_statistic_ext as s
    union all
    select o.oprnamespace, o.oprname, 'operator', o.oid, 'pg_catalog.pg_operator'::pg_catalog.regclass
    from pg_catalog.pg_operator as o
    union all
    select o.opcnamespace, o.opcname, 'operator class', o.oid, 'pg_catalog.pg_opclass'::pg_catalog.regclass
    from pg_catalog.pg_opclass as o
    union all
    select o.opfnamespace, o.opfname, 'operator family', o.oid, 'pg_catalog.pg_opfamily'::pg_catalog.regclass
    from pg_catalog.pg_opfamily as o
    union all
    select co.collnamespace, co.collname, 'collation', co.oid, 'pg_catalog.pg_collation'::pg_catalog.regclass
    from pg_catalog.pg_collation as co
    union all
    select co.connamespace, co.conname, 'conversion', co.oid, 'pg_catalog.pg_conversion'::pg_catalog.regclass
    from pg_catalog.pg_conversion as co
    union all
    select t.cfgnamespace, t.cfgname, 'text search configuration', t.oid,
        'pg_catalog.pg_ts_config'::pg_catalog.regclass
    from pg_catalog.pg_ts_config as t
    union all
    select t.dictnamespace, t.dictname, 'text search dictionary', t.oid, 'pg_catalog.pg_ts_dict'::pg_catalog.regclass
    from pg_catalog.pg_ts_dict as t
    union all
    select t.prsnamespace, t.prsname, 'text search parser', t.oid, 'pg_catalog.pg_ts_parser'::pg_catalog.regclass
    from pg_catalog.pg_ts_parser as t
    union all
    select t.tmplnamespace, t.tmplname, 'text search template', t.oid,
        'pg_catalog.pg_ts_template'::pg_catalog.regclass
    from pg_catalog.pg_ts_template as t
    union all
    select null, e.evtname, 'event trigger', e.oid, 'pg_catalog.pg_event_trigger'::pg_catalog.regclass
    from pg_catalog.pg_event_trigger as e
    union all
    select null, f.fdwname, 'foreign-data wrapper', f.oid, 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass
    from pg_catalog.pg_foreign_data_wrapper as f
    union all
    select null, s.srvname, 'foreign server', s.oid, 'pg_catalog.pg_foreign_server'::pg_catalog.regclass
    from pg_catalog.pg_foreign_server as s
    union all
    select null, p.pubname, 'publication', p.oid, 'pg_catalog.pg_publication'::pg_catalog.regclass
    from pg_catalog.pg_publication as p
    union all
    select null, l.lanname, 'language', l.oid, 'pg_catalog.pg_language'::pg_catalog.regclass
    from pg_catalog.pg_language as l
    union all
    select null, pg_catalog.format('(%s as %s)', pg_catalog.format_type(ca.castsource, null),
        pg_catalog.format_type(ca.casttarget, null)), 'cast', ca.oid, 'pg_catalog.pg_cast'::pg_catalog.regclass
    from pg_catalog.pg_cast as ca
    union all
    select null, pg_catalog.format('for %s in language %s', pg_catalog.format_type(t.trftype, null), l.lanname),
        'transform', t.oid, 'pg_catalog.pg_transform'::pg_catalog.regclass
    from pg_catalog.pg_transform as t
    join pg_catalog.pg_language as l on l.oid = t.trflang
) as o
left join pg_catalog.pg_namespace as n on n.oid = o.namespace
where o.oid >= 16384
and (n.oid is null or n.nspname !~ '^pg_' and n.nspname <> 'information_schema')
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = o.class and d.objid = o.oid and d.deptype in ('e', 'i')
)
order by o.kind, n.nspname, o.name;
