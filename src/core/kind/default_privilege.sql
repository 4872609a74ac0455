-- What new objects come with, for the wanted schemas and roles: rows of pg_default_acl. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8, c10). Names match exactly (c12): schemas
-- holds schemas, where the empty one means the defaults outside of any schema (k25), names the roles that make the
-- objects, where the empty one means any. A list of functions or types outside of any schema that says nothing of PUBLIC
-- takes from it what it has by default (k23), so there PUBLIC always has a row.
with wanted as materialized (
    select pair.schema, pair.name, n.oid as namespace
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as pair(schema, name)
    left join pg_catalog.pg_namespace as n on n.nspname = pair.schema
),
list as (
    select distinct
        d.oid,
        n.nspname as schema,
        pg_catalog.pg_get_userbyid(d.defaclrole) as role,
        d.defaclrole as owner,
        d.defaclobjtype as objects
    from wanted
    join pg_catalog.pg_default_acl as d
        on d.defaclnamespace = wanted.namespace or (wanted.schema = '' and d.defaclnamespace = 0)
    left join pg_catalog.pg_namespace as n on n.oid = d.defaclnamespace
    where wanted.name = '' or wanted.name = pg_catalog.pg_get_userbyid(d.defaclrole)
),
entry as (
    select list.oid, e.grantee, e.privilege_type as privilege, e.is_grantable
    from list
    join pg_catalog.pg_default_acl as d on d.oid = list.oid
    cross join lateral pg_catalog.aclexplode(d.defaclacl) as e
    union all
    select list.oid, 0, null, null
    from list
    where list.schema is null and list.objects in ('f', 'T')
)
select
    list.schema,
    list.role,
    list.objects,
    entry.grantee = 0 as is_public,
    pg_catalog.pg_get_userbyid(entry.grantee) as grantee,
    entry.grantee = list.owner as is_owner,
    pg_catalog.json_agg(pg_catalog.json_build_array(entry.privilege, entry.is_grantable) order by entry.privilege)
        filter (where entry.privilege is not null)::pg_catalog.text as privileges
from list
join entry on entry.oid = list.oid
group by list.schema, list.role, list.objects, list.owner, entry.grantee
order by list.schema, list.role, list.objects, entry.grantee;
