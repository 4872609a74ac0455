-- Schemas, but those of the system and of extensions: rows of pg_namespace. PostgreSQL 12 to 18.
select
    'pg_namespace' as class,
    n.oid::pg_catalog.int8 as oid,
    n.nspname as name,
    pg_catalog.quote_ident(n.nspname) as quoted,
    n.oid < 16384 as is_built_in
from pg_catalog.pg_namespace as n
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and d.objid = n.oid and d.deptype = 'e'
)
order by n.nspname;
