-- What roles may do with the wanted configuration parameters: the access lists of pg_parameter_acl. PostgreSQL 15 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c1, c5, c8). Names match exactly (c12): the catalog
-- holds them in lower case. A parameter without a row has the built-in default: nobody but superusers. Entries of several
-- grantors count together; grantee 0 is PUBLIC. The owner is the superuser of initdb (BOOTSTRAP_SUPERUSERID).
select
    'parameter' as kind,
    '' as schema,
    null as relation,
    listed.parname as name,
    null as arguments,
    held.grantee = 0 as is_public,
    pg_catalog.pg_get_userbyid(held.grantee) as grantee,
    held.grantee = 10 as is_owner,
    held.privileges,
    null as known
from rows from (
    pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
) as pair(schema, name)
join pg_catalog.pg_parameter_acl as listed on listed.parname = pair.name
cross join lateral (
    select
        e.grantee,
        pg_catalog.json_agg(pg_catalog.json_build_array(e.privilege_type, e.is_grantable))::pg_catalog.text as privileges
    from pg_catalog.aclexplode(listed.paracl) as e
    group by e.grantee
) as held
where pair.schema = ''
order by listed.parname, held.grantee;
