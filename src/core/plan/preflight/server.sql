-- Who would run a plan, and where. PostgreSQL 12 to 18.
-- Raw rows and settings only: waits for no lock, raises nothing. A setting that the role may not see is no row.
select
    current_user::pg_catalog.text as role,
    pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version,
    pg_catalog.current_setting('block_size')::pg_catalog.int4 as block_size,
    pg_catalog.pg_is_in_recovery() as in_recovery,
    pg_catalog.current_setting('default_transaction_read_only') = 'on' as read_only,
    d.datname::pg_catalog.text as database,
    pg_catalog.has_database_privilege(d.oid, 'CREATE') as may_create,
    r.rolsuper as superuser,
    r.rolcreaterole as create_role,
    exists (
        select from pg_catalog.pg_roles as p
        where p.rolname in ('rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin', 'neon_superuser',
                            'supabase_admin', 'aiven_superuser', 'doadmin')
          and pg_catalog.pg_has_role(p.oid, 'MEMBER')
    ) as provider_admin,
    (
        select s.setting from pg_catalog.pg_settings as s where s.name = 'shared_preload_libraries'
    ) as preloaded
from pg_catalog.pg_database as d
join pg_catalog.pg_roles as r on r.rolname = current_user
where d.datname = pg_catalog.current_database();
