-- Who answers, and what the answers rest on: one row. PostgreSQL 12 to 18.
select
    pg_catalog.pg_is_in_recovery() as in_recovery,
    pg_catalog.current_database() as database,
    current_user as role,
    pg_catalog.current_setting('track_counts')::pg_catalog.bool as track_counts,
    -- Null while nobody has reset them: then they began with the database, or with the last crash of the server.
    (
        select pg_catalog.date_part('epoch', pg_catalog.now() - s.stats_reset)::pg_catalog.int8
        from pg_catalog.pg_stat_database as s
        where s.datname = pg_catalog.current_database()
    ) as statistics_age,
    (
        select pg_catalog.json_agg(wanted.name order by wanted.name)
        from pg_catalog.unnest(:'schemas'::pg_catalog.text[]) as wanted(name)
        where not exists (select from pg_catalog.pg_namespace as n where n.nspname = wanted.name)
    ) as absent_schemas;
