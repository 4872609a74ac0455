-- The wanted event triggers: rows of pg_event_trigger (k30). PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12).
select
    e.evtname as name,
    e.evtevent as event,
    e.evtenabled as enabled,
    pg_catalog.to_json(e.evttags)::pg_catalog.text as tags,
    pn.nspname as function_schema,
    p.proname as function
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name)
join pg_catalog.pg_event_trigger as e on e.evtname = wanted.name
join pg_catalog.pg_proc as p on p.oid = e.evtfoid
join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
order by e.evtname;
