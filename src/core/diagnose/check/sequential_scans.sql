-- Tables of 10,000 rows and more that were read whole a hundred times and more, on average 10,000 rows at a time, and
-- in at least every tenth read. PostgreSQL 12 to 18.
with :scope
select
    r.schema,
    r.relname as table,
    s.scans,
    s.rows_read / s.scans as rows_per_scan,
    s.index_scans
from relations as r
cross join lateral (
    select
        pg_catalog.pg_stat_get_numscans(r.oid) as scans,
        pg_catalog.pg_stat_get_tuples_returned(r.oid) as rows_read,
        (
            select coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_numscans(i.indexrelid)), 0)::pg_catalog.int8
            from pg_catalog.pg_index as i
            where i.indrelid = r.oid
        ) as index_scans,
        greatest(pg_catalog.pg_stat_get_live_tuples(r.oid), r.reltuples::pg_catalog.int8) as live
) as s
where r.relkind in ('r', 'm') and s.live >= 10000 and s.scans >= 100
and s.rows_read / s.scans >= 10000 and s.scans * 9 >= s.index_scans
order by s.rows_read desc, r.schema, r.relname;
