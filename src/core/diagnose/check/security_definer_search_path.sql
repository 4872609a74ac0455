-- SECURITY DEFINER functions and procedures that take the search_path of their caller. A body of the SQL standard was
-- resolved when it was created (k20), and functions in C take none. PostgreSQL 12 to 18.
with :scope
select
    scope.schema,
    p.proname as name,
    p.prokind = 'p' as procedure,
    array(
        select pg_catalog.format_type(argument.type, null)
        from pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) with ordinality as argument(type, position)
        order by argument.position
    ) as arguments
from scope
join pg_catalog.pg_proc as p on p.pronamespace = scope.oid
join pg_catalog.pg_language as l on l.oid = p.prolang
where p.prosecdef and p.prokind in ('f', 'p') and l.lanname not in ('c', 'internal')
and pg_catalog.to_jsonb(p) ->> 'prosqlbody' is null
and not exists (
    select
    from pg_catalog.unnest(p.proconfig) as setting(text)
    where pg_catalog.starts_with(setting.text, 'search_path=')
)
and not exists (select from members where members.classid = 1255 and members.objid = p.oid)
order by scope.schema, p.proname, 4;
