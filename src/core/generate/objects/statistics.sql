-- Extended statistics: rows of pg_statistic_ext. PostgreSQL 12 to 18.
select
    'pg_statistic_ext' as class,
    s.oid::pg_catalog.int8 as oid,
    'statistics' as words,
    n.nspname as schema,
    s.stxname as name,
    s.stxrelid::pg_catalog.int8 as relation,
    c.relname as relation_name,
    case
        when target.target is null then pg_catalog.json_build_array(pg_catalog.pg_get_statisticsobjdef(s.oid))
        else pg_catalog.json_build_array(
            pg_catalog.pg_get_statisticsobjdef(s.oid),
            pg_catalog.format('ALTER STATISTICS %I.%I SET STATISTICS %s', n.nspname, s.stxname, target.target)
        )
    end as statements
from pg_catalog.pg_statistic_ext as s
join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace
join pg_catalog.pg_class as c on c.oid = s.stxrelid
-- From 13 on; -1, and from 17 on null, is the default.
cross join lateral (
    select nullif((pg_catalog.to_jsonb(s) ->> 'stxstattarget')::pg_catalog.int4, -1) as target
) as target
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass and d.objid = s.oid and d.deptype in ('e', 'i')
)
order by n.nspname, s.stxname;
