-- Tables of 1,000 rows and more of which more than half changed since they were last analyzed, and partitioned tables
-- of as many that never were: autovacuum does not analyze those themselves, and from 14 on reltuples is -1 until somebody
-- does. PostgreSQL 12 to 18.
with :scope
select
    r.schema,
    r.relname as table,
    r.relkind = 'p' as partitioned,
    s.rows,
    s.modified,
    s.analyzed
from relations as r
cross join lateral (
    select
        greatest(pg_catalog.pg_stat_get_live_tuples(r.oid), r.reltuples::pg_catalog.int8) as rows,
        pg_catalog.pg_stat_get_mod_since_analyze(r.oid) as modified,
        coalesce(
            pg_catalog.pg_stat_get_last_analyze_time(r.oid), pg_catalog.pg_stat_get_last_autoanalyze_time(r.oid)
        ) is not null as analyzed
) as s
where r.relkind in ('r', 'm') and s.rows >= 1000 and s.modified > s.rows / 2
union all
select r.schema, r.relname, true, s.rows, 0, false
from relations as r
cross join lateral (
    with recursive tree as (
        select r.oid as relation
        union all
        select h.inhrelid
        from tree
        join pg_catalog.pg_inherits as h on h.inhparent = tree.relation
    )
    select pg_catalog.sum(
        greatest(pg_catalog.pg_stat_get_live_tuples(c.oid), c.reltuples::pg_catalog.int8, 0)
    )::pg_catalog.int8 as rows
    from tree
    join pg_catalog.pg_class as c on c.oid = tree.relation
) as s
where r.relkind = 'p' and r.reltuples < 0 and s.rows >= 1000
order by 1, 2;
