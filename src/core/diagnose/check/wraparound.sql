-- How old the oldest transaction and multixact ids of the database are, with the oldest table: one row. Both counters
-- end at 2^31. PostgreSQL 12 to 18.
select
    d.datname as database,
    pg_catalog.age(d.datfrozenxid)::pg_catalog.int8 as transactions,
    pg_catalog.mxid_age(d.datminmxid)::pg_catalog.int8 as multixacts,
    pg_catalog.current_setting('autovacuum_freeze_max_age')::pg_catalog.int8 as freeze_maximum,
    pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::pg_catalog.int8 as multixact_maximum,
    oldest.schema,
    oldest.table
from pg_catalog.pg_database as d
left join lateral (
    select n.nspname as schema, c.relname as table
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm', 't') and c.relfrozenxid <> '0'::pg_catalog.xid
    order by pg_catalog.age(c.relfrozenxid) desc, c.oid
    limit 1
) as oldest on true
where d.datname = pg_catalog.current_database();
