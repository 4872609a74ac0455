-- Casts: rows of pg_cast. PostgreSQL 12 to 18.
select
    'pg_cast' as class,
    ca.oid::pg_catalog.int8 as oid,
    'cast' as words,
    null as schema,
    pg_catalog.format_type(ca.castsource, null) || ' as ' || pg_catalog.format_type(ca.casttarget, null) as name,
    pg_catalog.json_build_array(pg_catalog.format(
        'CREATE CAST (%s AS %s) %s%s',
        pg_catalog.format_type(ca.castsource, null),
        pg_catalog.format_type(ca.casttarget, null),
        case ca.castmethod
            when 'f' then (
                select pg_catalog.format(
                    'WITH FUNCTION %I.%I(%s)',
                    pn.nspname,
                    p.proname,
                    pg_catalog.pg_get_function_identity_arguments(p.oid)
                )
                from pg_catalog.pg_proc as p
                join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
                where p.oid = ca.castfunc
            )
            when 'i' then 'WITH INOUT'
            else 'WITHOUT FUNCTION'
        end,
        case ca.castcontext when 'a' then ' AS ASSIGNMENT' when 'i' then ' AS IMPLICIT' else '' end
    )) as statements
from pg_catalog.pg_cast as ca
where ca.oid >= 16384
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass and d.objid = ca.oid and d.deptype in ('e', 'i')
)
order by 5;
