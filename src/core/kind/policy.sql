-- All row-level security policies of the wanted tables: rows of pg_policy. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c1, c5, c8, k32). Names match exactly (c12);
-- temporary tables never match (c15). Role 0 is PUBLIC; pg_get_userbyid reads what pg_authid would refuse (c10).
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, n.nspname as schema, pair.name
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as pair(schema, name)
    join pg_catalog.pg_namespace as n on n.nspname = pair.schema
)
select
    wanted.schema,
    c.relname as relation,
    pol.polname as name,
    pol.polpermissive as permissive,
    pol.polcmd as command,
    (
        select pg_catalog.json_agg(
            case when r.role = 0 then 'public' else pg_catalog.pg_get_userbyid(r.role)::pg_catalog.text end
        )::pg_catalog.text
        from pg_catalog.unnest(pol.polroles) as r(role)
    ) as roles,
    pol.polqual is not null as has_using,
    pol.polwithcheck is not null as has_check
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
join pg_catalog.pg_policy as pol on pol.polrelid = c.oid
where c.relpersistence <> 't'
order by wanted.schema, c.relname, pol.polname;
