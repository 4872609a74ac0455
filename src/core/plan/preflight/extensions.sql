-- The versions of the named extensions that the server could make. PostgreSQL 12 to 18.
-- Reads the control files of the server, and raises where one of them is broken: asked in a transaction of its own.
-- Whether an extension is trusted is known since 13.
select
    v.name::pg_catalog.text as name,
    v.version,
    v.installed,
    v.superuser,
    coalesce(pg_catalog.to_jsonb(v) ->> 'trusted', 'false') = 'true' as trusted,
    coalesce(v.requires::pg_catalog.text[], '{}') as requires,
    a.default_version = v.version as is_default
from pg_catalog.pg_available_extension_versions as v
join pg_catalog.pg_available_extensions as a on a.name = v.name
where v.name = any (:'names'::pg_catalog.name[]);
