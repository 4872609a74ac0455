-- The sizes on disk of the tables and materialized views, the largest known first. The functions open the relation, so
-- they wait for locks (c1): what another session holds or waits for exclusively is left out, and
-- so are all but 2,000: each size is a look at the files of a table and of its indexes. PostgreSQL 12 to 18.
with :scope,
locked as materialized (
    select l.relation
    from pg_catalog.pg_locks as l
    join pg_catalog.pg_database as d on d.oid = l.database
    where d.datname = pg_catalog.current_database()
    and l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
    and l.pid is distinct from pg_catalog.pg_backend_pid()
),
wanted as materialized (
    select r.oid
    from relations as r
    where r.relkind in ('r', 'm')
    and not exists (
        select from locked
        where locked.relation in (r.oid, r.reltoastrelid)
        or locked.relation in (select x.indexrelid from pg_catalog.pg_index as x where x.indrelid = r.oid)
    )
    order by r.relpages desc, r.oid
    limit 2000
)
select
    w.oid::pg_catalog.int8 as oid,
    pg_catalog.pg_table_size(w.oid) as table_bytes,
    pg_catalog.pg_indexes_size(w.oid) as index_bytes
from wanted as w;
