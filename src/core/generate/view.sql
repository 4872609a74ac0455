-- Views and materialized views with their bodies: rows of pg_class of relkind v and m. PostgreSQL 12 to 18.
select
    'pg_class' as class,
    c.oid::pg_catalog.int8 as oid,
    n.nspname as schema,
    c.relname as name,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as qualified,
    c.relkind = 'm' as materialized,
    c.relispopulated as populated,
    c.reloptions as options,
    (
        select pg_catalog.quote_ident(am.amname)
        from pg_catalog.pg_am as am
        where am.oid = c.relam and am.amname <> 'heap'
    ) as access_method,
    pg_catalog.pg_get_viewdef(c.oid) as body,
    case when c.relkind = 'v' then (
        select pg_catalog.json_agg(
            pg_catalog.json_build_object(
                'column', pg_catalog.quote_ident(a.attname),
                'default', pg_catalog.pg_get_expr(ad.adbin, 0)
            ) order by a.attnum
        )
        from pg_catalog.pg_attrdef as ad
        join pg_catalog.pg_attribute as a on a.attrelid = ad.adrelid and a.attnum = ad.adnum
        where ad.adrelid = c.oid
    ) end as defaults,
    -- What a view that reads itself is first: its columns, of nothing.
    case when c.relkind = 'v' and exists (
        select
        from pg_catalog.pg_rewrite as r
        join pg_catalog.pg_depend as d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = r.oid
        where r.ev_class = c.oid and r.rulename = '_RETURN'
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = c.oid and d.deptype = 'n'
    ) then (
        select pg_catalog.string_agg(
            'NULL::' || pg_catalog.format_type(a.atttypid, a.atttypmod)
            || coalesce(
                ' COLLATE ' || pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname), ''
            )
            || ' AS ' || pg_catalog.quote_ident(a.attname),
            E',\n    ' order by a.attnum
        )
        from pg_catalog.pg_attribute as a
        join pg_catalog.pg_type as t on t.oid = a.atttypid
        left join pg_catalog.pg_collation as co on co.oid = a.attcollation and a.attcollation <> t.typcollation
        left join pg_catalog.pg_namespace as cn on cn.oid = co.collnamespace
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ) end as columns
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('v', 'm')
and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
)
order by n.nspname, c.relname;
