-- Indexes that no scan used, on tables of 1,000 rows and more (the planner has no use for an index of a small table).
-- Unique ones guard rows, and those of constraints, of the replica identity and of partitions are not to be dropped on
-- their own. An index of a partitioned table counts with those of its partitions (k3). PostgreSQL 12 to 18.
with recursive :scope,
leaves as (
    select i.indexrelid as root, i.indexrelid as leaf
    from relations as r
    join pg_catalog.pg_index as i on i.indrelid = r.oid
    join pg_catalog.pg_class as c on c.oid = i.indexrelid
    where r.relkind in ('r', 'p', 'm') and not c.relispartition
    and i.indisvalid and not i.indisunique and not i.indisprimary and not i.indisexclusion and not i.indisreplident
    union all
    select leaves.root, h.inhrelid
    from leaves
    join pg_catalog.pg_inherits as h on h.inhparent = leaves.leaf
),
use as materialized (
    select
        leaves.root,
        pg_catalog.sum(pg_catalog.pg_stat_get_numscans(i.indexrelid))::pg_catalog.int8 as scans,
        pg_catalog.sum(greatest(pg_catalog.pg_stat_get_live_tuples(t.oid), t.reltuples::pg_catalog.int8, 0))::pg_catalog.int8 as rows,
        pg_catalog.sum(c.relpages)::pg_catalog.int8 as pages
    from leaves
    join pg_catalog.pg_index as i on i.indexrelid = leaves.leaf
    join pg_catalog.pg_class as c on c.oid = i.indexrelid
    join pg_catalog.pg_class as t on t.oid = i.indrelid
    group by leaves.root
)
select
    n.nspname as schema,
    c.relname as index,
    t.relname as table,
    c.relkind = 'I' as partitioned,
    use.pages * pg_catalog.current_setting('block_size')::pg_catalog.int8 as bytes
from use
join pg_catalog.pg_class as c on c.oid = use.root
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_index as i on i.indexrelid = use.root
join pg_catalog.pg_class as t on t.oid = i.indrelid
where use.scans = 0 and use.rows >= 1000
order by use.pages desc, n.nspname, c.relname;
