-- Indexes that queries cannot use (k11). While another session holds the lock of CREATE INDEX CONCURRENTLY on the table,
-- one of them may be under way; pg_stat_progress_create_index hides it from other roles, pg_locks does not.
-- PostgreSQL 12 to 18.
with :scope
select
    r.schema,
    r.relname as table,
    i.relname as index,
    i.relkind = 'I' as partitioned,
    exists (
        select
        from pg_catalog.pg_constraint as con
        where con.conindid = x.indexrelid and con.conrelid = x.indrelid and con.contype in ('p', 'u', 'x')
    ) as of_constraint,
    exists (
        select
        from pg_catalog.pg_locks as l
        join pg_catalog.pg_database as d on d.oid = l.database
        where d.datname = pg_catalog.current_database() and l.relation = x.indrelid
        and l.mode = 'ShareUpdateExclusiveLock' and l.granted
    ) as may_be_under_way
from relations as r
join pg_catalog.pg_index as x on x.indrelid = r.oid
join pg_catalog.pg_class as i on i.oid = x.indexrelid
where r.relkind in ('r', 'p', 'm') and not (x.indisvalid and x.indisready)
order by r.schema, r.relname, i.relname;
