-- The extensions for which the server has a newer version: its default one, if an update leads there. Reads the files of
-- extensions, which raises where one is broken, so it runs in a transaction of its own. PostgreSQL 12 to 18.
with :scope
select e.extname as extension, e.extversion as installed, a.default_version as available
from pg_catalog.pg_extension as e
join scope on scope.oid = e.extnamespace or :'schemas'::pg_catalog.text[] = '{}'
join pg_catalog.pg_available_extensions() as a on a.name = e.extname
where e.extversion <> a.default_version
and exists (
    select
    from pg_catalog.pg_extension_update_paths(e.extname) as p
    where p.source = e.extversion and p.target = a.default_version and p.path is not null
)
group by e.extname, e.extversion, a.default_version
order by e.extname;
