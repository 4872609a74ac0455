-- Functions and procedures: rows of pg_proc. PostgreSQL 12 to 18.
select
    'pg_proc' as class,
    p.oid::pg_catalog.int8 as oid,
    n.nspname as schema,
    p.proname as name,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname)
        || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' as signature,
    p.prokind as form,
    l.lanname as language,
    case when p.prokind <> 'a' then pg_catalog.pg_get_functiondef(p.oid) end as definition
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
join pg_catalog.pg_language as l on l.oid = p.prolang
where p.prokind <> 'a'
and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
-- The constructors of a range come with it.
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype in ('e', 'i')
)
order by n.nspname, p.proname, signature;
