-- Extensions, but those that every database has: rows of pg_extension. PostgreSQL 12 to 18.
select
    'pg_extension' as class,
    e.oid::pg_catalog.int8 as oid,
    e.extname as name,
    pg_catalog.quote_ident(e.extname) as quoted,
    n.nspname as schema,
    pg_catalog.quote_ident(n.nspname) as quoted_schema,
    e.extversion as version
from pg_catalog.pg_extension as e
join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
where e.oid >= 16384
order by e.extname;
