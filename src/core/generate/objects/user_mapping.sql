-- User mappings, without their options, which hold passwords: the view over pg_user_mapping, which itself is denied
-- (c10). PostgreSQL 12 to 18.
select
    'pg_user_mapping' as class,
    um.umid::pg_catalog.int8 as oid,
    'user mapping' as words,
    null as schema,
    pg_catalog.format('of %s on %s', role.name, um.srvname) as name,
    pg_catalog.json_build_array(
        pg_catalog.format('CREATE USER MAPPING FOR %s SERVER %I', role.name, um.srvname)
    ) as statements
from pg_catalog.pg_user_mappings as um
cross join lateral (
    select case um.umuser
        when 0 then 'PUBLIC' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(um.umuser))
    end as name
) as role
where um.umid >= 16384
and not exists (
    select
    from pg_catalog.pg_depend as d
    join pg_catalog.pg_class as c on c.oid = d.classid and c.relname = 'pg_user_mapping'
    where d.objid = um.umid and d.deptype in ('e', 'i')
)
order by um.srvname, role.name;
