-- The wanted text search configurations: rows of pg_ts_config, with those of pg_ts_config_map.
-- PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12).
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, n.nspname as schema, pair.name
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as pair(schema, name)
    join pg_catalog.pg_namespace as n on n.nspname = pair.schema
)
select
    wanted.schema,
    cfg.cfgname as name,
    tn.nspname as parser_schema,
    tsp.prsname as parser,
    (
        select pg_catalog.json_agg(
            pg_catalog.json_build_array(map.maptokentype, dn.nspname, dict.dictname)
            order by map.maptokentype, map.mapseqno
        )::pg_catalog.text
        from pg_catalog.pg_ts_config_map as map
        join pg_catalog.pg_ts_dict as dict on dict.oid = map.mapdict
        join pg_catalog.pg_namespace as dn on dn.oid = dict.dictnamespace
        where map.mapcfg = cfg.oid
    ) as mappings
from wanted
join pg_catalog.pg_ts_config as cfg on cfg.cfgnamespace = wanted.namespace and cfg.cfgname = wanted.name
join pg_catalog.pg_ts_parser as tsp on tsp.oid = cfg.cfgparser
join pg_catalog.pg_namespace as tn on tn.oid = tsp.prsnamespace
order by wanted.schema, cfg.cfgname;
