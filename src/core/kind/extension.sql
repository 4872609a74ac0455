-- The wanted extensions with their installed versions: rows of pg_extension; for the name '' all of them. is_open: every
-- role may make objects in its schema. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12).
select
    e.extname as name, e.extversion as version, n.nspname as schema,
    exists (
        select from pg_catalog.aclexplode(n.nspacl) as acl
        where acl.grantee = 0 and acl.privilege_type = 'CREATE'
    ) as is_open
from pg_catalog.pg_extension as e
join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
where exists (
    select from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name) where wanted.name in ('', e.extname)
)
order by e.extname;
