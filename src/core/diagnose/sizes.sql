-- The tables and materialized views with the sizes that the last VACUUM, ANALYZE or CREATE INDEX left in pg_class: it
-- waits for no lock (c7). Rows are null while nothing has counted them. Toast belongs to the table. PostgreSQL 12 to 18.
with :scope
select
    r.oid::pg_catalog.int8 as oid,
    r.schema,
    r.relname as name,
    case
        when r.reltuples > 0 or s.live > 0 then greatest(r.reltuples::pg_catalog.int8, s.live)
        -- Before 14, zero is what stands there while nothing has counted them.
        when r.reltuples = 0 and pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 140000 then 0
    end as rows,
    (r.relpages + coalesce(t.relpages, 0))::pg_catalog.int8
    * pg_catalog.current_setting('block_size')::pg_catalog.int8 as table_bytes,
    (
        select coalesce(pg_catalog.sum(i.relpages), 0)::pg_catalog.int8
        from pg_catalog.pg_index as x
        join pg_catalog.pg_class as i on i.oid = x.indexrelid
        where x.indrelid = r.oid
    ) * pg_catalog.current_setting('block_size')::pg_catalog.int8 as index_bytes
from relations as r
left join pg_catalog.pg_class as t on t.oid = r.reltoastrelid
cross join lateral (select pg_catalog.pg_stat_get_live_tuples(r.oid) as live) as s
where r.relkind in ('r', 'm')
order by r.relpages desc, r.oid
limit 10000;
