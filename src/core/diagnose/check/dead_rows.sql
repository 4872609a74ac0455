-- Tables with 10,000 dead rows and more that are more than a fifth of the living, and whether autovacuum is off for
-- them. PostgreSQL 12 to 18.
with :scope
select
    r.schema,
    r.relname as table,
    s.dead,
    s.live,
    exists (
        select
        from pg_catalog.unnest(r.reloptions) as setting(text)
        where setting.text in ('autovacuum_enabled=false', 'autovacuum_enabled=off', 'autovacuum_enabled=0', 'autovacuum_enabled=no')
    ) as autovacuum_off
from relations as r
cross join lateral (
    select
        pg_catalog.pg_stat_get_dead_tuples(r.oid) as dead,
        pg_catalog.pg_stat_get_live_tuples(r.oid) as live
) as s
where r.relkind in ('r', 'm') and s.dead >= 10000 and s.dead > s.live / 5
order by s.dead desc, r.schema, r.relname;
