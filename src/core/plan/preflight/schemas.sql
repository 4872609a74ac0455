-- The named schemas, with what the role may do in them. PostgreSQL 12 to 18.
-- Raw rows and privileges by oid only: waits for no lock, raises nothing.
select
    n.nspname::pg_catalog.text as name,
    pg_catalog.has_schema_privilege(n.oid, 'CREATE') as may_create,
    pg_catalog.pg_get_userbyid(n.nspowner)::pg_catalog.text as owner,
    pg_catalog.pg_has_role(n.nspowner, 'USAGE') as owned,
    exists (select from pg_catalog.pg_roles as r where r.oid = n.nspowner and r.rolsuper) as owner_is_superuser,
    pg_catalog.has_schema_privilege(n.oid, 'CREATE WITH GRANT OPTION, USAGE WITH GRANT OPTION') as may_grant
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name)
join pg_catalog.pg_namespace as n on n.nspname = wanted.name;
