-- The named roles, and whether the current one is a member. PostgreSQL 12 to 18.
-- Raw rows and memberships by oid only: waits for no lock, raises nothing.
select r.rolname::pg_catalog.text as name, pg_catalog.pg_has_role(r.oid, 'MEMBER') as member
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name)
join pg_catalog.pg_roles as r on r.rolname = wanted.name;
