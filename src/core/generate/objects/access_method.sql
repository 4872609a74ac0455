-- Access methods: rows of pg_am. PostgreSQL 12 to 18.
select
    'pg_am' as class,
    am.oid::pg_catalog.int8 as oid,
    'access method' as words,
    null as schema,
    am.amname as name,
    pg_catalog.json_build_array(pg_catalog.format(
        'CREATE ACCESS METHOD %I TYPE %s HANDLER %I.%I',
        am.amname,
        case am.amtype when 't' then 'TABLE' else 'INDEX' end,
        pn.nspname,
        p.proname
    )) as statements
from pg_catalog.pg_am as am
join pg_catalog.pg_proc as p on p.oid = am.amhandler::pg_catalog.oid
join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
where am.oid >= 16384
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_am'::pg_catalog.regclass and d.objid = am.oid and d.deptype in ('e', 'i')
)
order by am.amname;
