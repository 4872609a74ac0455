-- Row-level security policies: rows of pg_policy. PostgreSQL 12 to 18.
select
    'pg_policy' as class,
    pol.oid::pg_catalog.int8 as oid,
    n.nspname as schema,
    pol.polname as name,
    pg_catalog.quote_ident(pol.polname) as quoted,
    c.oid::pg_catalog.int8 as relation,
    c.relname as relation_name,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as relation_qualified,
    pol.polpermissive as permissive,
    pol.polcmd as command,
    (
        select pg_catalog.json_agg(role.name order by role.name)
        from (
            select case
                when r.role = 0 then 'PUBLIC' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(r.role))
            end as name
            from pg_catalog.unnest(pol.polroles) as r(role)
        ) as role
    ) as roles,
    pg_catalog.pg_get_expr(pol.polqual, pol.polrelid) as using_expression,
    pg_catalog.pg_get_expr(pol.polwithcheck, pol.polrelid) as check_expression
from pg_catalog.pg_policy as pol
join pg_catalog.pg_class as c on c.oid = pol.polrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
)
order by n.nspname, c.relname, pol.polname;
