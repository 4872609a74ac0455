-- What new objects come with, where that is not the default: rows of pg_default_acl (k23, k25). PostgreSQL 12 to 18.
-- A list of a schema comes on top of the one for all schemas, which takes the place of the default.
with listed as (
    select
        d.oid,
        n.nspname as schema,
        d.defaclrole as role,
        d.defaclobjtype as objects,
        d.defaclacl as acl,
        case
            when n.oid is not null then null::pg_catalog.aclitem[]
            when d.defaclobjtype = 'S' then pg_catalog.acldefault('s', d.defaclrole)
            else pg_catalog.acldefault(d.defaclobjtype, d.defaclrole)
        end as initially
    from pg_catalog.pg_default_acl as d
    left join pg_catalog.pg_namespace as n on n.oid = d.defaclnamespace
    where (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
),
entry as (
    select l.oid, l.schema, l.role, l.objects, true as given, e.grantee, e.privilege_type, e.is_grantable
    from listed as l
    cross join lateral pg_catalog.aclexplode(l.acl) as e
    where not exists (
        select
        from pg_catalog.aclexplode(l.initially) as i
        where i.grantee = e.grantee and i.privilege_type = e.privilege_type and i.is_grantable = e.is_grantable
    )
    union all
    select l.oid, l.schema, l.role, l.objects, false, i.grantee, i.privilege_type, false
    from listed as l
    cross join lateral pg_catalog.aclexplode(l.initially) as i
    where not exists (
        select
        from pg_catalog.aclexplode(l.acl) as e
        where e.grantee = i.grantee and e.privilege_type = i.privilege_type
    )
)
select
    entry.oid::pg_catalog.int8 as oid,
    entry.schema,
    pg_catalog.quote_ident(entry.schema) as quoted_schema,
    pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(entry.role)) as role,
    entry.objects,
    entry.given,
    entry.is_grantable as grantable,
    case entry.grantee
        when 0 then 'PUBLIC' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(entry.grantee))
    end as grantee,
    pg_catalog.json_agg(distinct entry.privilege_type order by entry.privilege_type) as privileges
from entry
group by entry.oid, entry.schema, entry.role, entry.objects, entry.given, entry.is_grantable, entry.grantee
order by entry.schema nulls first, role, entry.objects, entry.given, grantee, entry.is_grantable;
