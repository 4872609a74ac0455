-- The named types and functions with their owners; a function by its name, with the overload that the role owns first.
-- PostgreSQL 12 to 18.
-- Raw rows and privileges by oid only: waits for no lock, raises nothing.
with named as materialized (
    select n.oid as schema, wanted.schema as schema_name, wanted.name
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as wanted(schema, name)
    join pg_catalog.pg_namespace as n on n.nspname = wanted.schema
)
select
    'type' as form,
    named.schema_name as schema,
    named.name,
    pg_catalog.pg_get_userbyid(t.typowner)::pg_catalog.text as owner,
    pg_catalog.pg_has_role(t.typowner, 'USAGE') as owned,
    exists (select from pg_catalog.pg_roles as r where r.oid = t.typowner and r.rolsuper) as owner_is_superuser,
    pg_catalog.has_type_privilege(t.oid, 'USAGE WITH GRANT OPTION') as may_grant
from named
join pg_catalog.pg_type as t on t.typname = named.name and t.typnamespace = named.schema
union all
select
    'routine',
    named.schema_name,
    named.name,
    pg_catalog.pg_get_userbyid(p.proowner)::pg_catalog.text,
    pg_catalog.pg_has_role(p.proowner, 'USAGE'),
    exists (select from pg_catalog.pg_roles as r where r.oid = p.proowner and r.rolsuper),
    pg_catalog.has_function_privilege(p.oid, 'EXECUTE WITH GRANT OPTION')
from named
join pg_catalog.pg_proc as p on p.proname = named.name and p.pronamespace = named.schema;
