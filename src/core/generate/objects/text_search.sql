-- Text search parsers, templates, dictionaries and configurations: rows of pg_ts_parser, pg_ts_template, pg_ts_dict and
-- pg_ts_config. PostgreSQL 12 to 18.
select o.class, o.oid::pg_catalog.int8 as oid, o.words, n.nspname as schema, o.name, o.statements
from (
    select
        'pg_ts_parser' as class,
        p.oid,
        'text search parser' as words,
        p.prsnamespace as namespace,
        p.prsname as name,
        pg_catalog.json_build_array(pg_catalog.format(
            'CREATE TEXT SEARCH PARSER %I.%I (START = %s, GETTOKEN = %s, END = %s, %sLEXTYPES = %s)',
            pn.nspname, p.prsname, p.prsstart, p.prstoken, p.prsend,
            case when p.prsheadline::pg_catalog.oid <> 0 then 'HEADLINE = ' || p.prsheadline || ', ' else '' end,
            p.prslextype
        )) as statements
    from pg_catalog.pg_ts_parser as p
    join pg_catalog.pg_namespace as pn on pn.oid = p.prsnamespace
    union all
    select
        'pg_ts_template', t.oid, 'text search template', t.tmplnamespace, t.tmplname,
        pg_catalog.json_build_array(pg_catalog.format(
            'CREATE TEXT SEARCH TEMPLATE %I.%I (%sLEXIZE = %s)',
            tn.nspname, t.tmplname,
            case when t.tmplinit::pg_catalog.oid <> 0 then 'INIT = ' || t.tmplinit || ', ' else '' end,
            t.tmpllexize
        ))
    from pg_catalog.pg_ts_template as t
    join pg_catalog.pg_namespace as tn on tn.oid = t.tmplnamespace
    union all
    select
        'pg_ts_dict', di.oid, 'text search dictionary', di.dictnamespace, di.dictname,
        pg_catalog.json_build_array(pg_catalog.format(
            'CREATE TEXT SEARCH DICTIONARY %I.%I (TEMPLATE = %I.%I%s)',
            dn.nspname, di.dictname, tn.nspname, t.tmplname, ', ' || di.dictinitoption
        ))
    from pg_catalog.pg_ts_dict as di
    join pg_catalog.pg_namespace as dn on dn.oid = di.dictnamespace
    join pg_catalog.pg_ts_template as t on t.oid = di.dicttemplate
    join pg_catalog.pg_namespace as tn on tn.oid = t.tmplnamespace
    union all
    select
        'pg_ts_config', c.oid, 'text search configuration', c.cfgnamespace, c.cfgname,
        (
            select pg_catalog.json_agg(s.statement order by s.number)
            from (
                select 0 as number, pg_catalog.format(
                    'CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %I.%I)', cn.nspname, c.cfgname, pn.nspname, p.prsname
                ) as statement
                union all
                select m.maptokentype, pg_catalog.format(
                    'ALTER TEXT SEARCH CONFIGURATION %I.%I ADD MAPPING FOR %I WITH %s',
                    cn.nspname,
                    c.cfgname,
                    (
                        select t.alias
                        from pg_catalog.ts_token_type(c.cfgparser) as t
                        where t.tokid = m.maptokentype
                    ),
                    pg_catalog.string_agg(
                        pg_catalog.quote_ident(mn.nspname) || '.' || pg_catalog.quote_ident(md.dictname), ', '
                        order by m.mapseqno
                    )
                )
                from pg_catalog.pg_ts_config_map as m
                join pg_catalog.pg_ts_dict as md on md.oid = m.mapdict
                join pg_catalog.pg_namespace as mn on mn.oid = md.dictnamespace
                where m.mapcfg = c.oid
                group by m.maptokentype
            ) as s
        )
    from pg_catalog.pg_ts_config as c
    join pg_catalog.pg_namespace as cn on cn.oid = c.cfgnamespace
    join pg_catalog.pg_ts_parser as p on p.oid = c.cfgparser
    join pg_catalog.pg_namespace as pn on pn.oid = p.prsnamespace
) as o
join pg_catalog.pg_namespace as n on n.oid = o.namespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and not exists (
    select
    from pg_catalog.pg_depend as d
    join pg_catalog.pg_class as dc on dc.oid = d.classid
    where dc.relname = o.class and d.objid = o.oid and d.deptype in ('e', 'i')
)
order by o.words desc, n.nspname, o.name;
