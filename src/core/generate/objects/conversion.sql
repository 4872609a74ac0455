-- Conversions: rows of pg_conversion. PostgreSQL 12 to 18.
select
    'pg_conversion' as class,
    co.oid::pg_catalog.int8 as oid,
    'conversion' as words,
    n.nspname as schema,
    co.conname as name,
    pg_catalog.json_build_array(pg_catalog.format(
        'CREATE %sCONVERSION %I.%I FOR %L TO %L FROM %I.%I',
        case when co.condefault then 'DEFAULT ' end,
        n.nspname,
        co.conname,
        pg_catalog.pg_encoding_to_char(co.conforencoding),
        pg_catalog.pg_encoding_to_char(co.contoencoding),
        pn.nspname,
        p.proname
    )) as statements
from pg_catalog.pg_conversion as co
join pg_catalog.pg_namespace as n on n.oid = co.connamespace
join pg_catalog.pg_proc as p on p.oid = co.conproc::pg_catalog.oid
join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_conversion'::pg_catalog.regclass and d.objid = co.oid and d.deptype in ('e', 'i')
)
order by n.nspname, co.conname;
