-- The wanted foreign-data wrappers: rows of pg_foreign_data_wrapper. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12).
select
    w.fdwname as name,
    hn.nspname as handler_schema,
    h.proname as handler,
    vn.nspname as validator_schema,
    v.proname as validator,
    pg_catalog.to_json(w.fdwoptions)::pg_catalog.text as options
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name)
join pg_catalog.pg_foreign_data_wrapper as w on w.fdwname = wanted.name
left join pg_catalog.pg_proc as h on h.oid = w.fdwhandler
left join pg_catalog.pg_namespace as hn on hn.oid = h.pronamespace
left join pg_catalog.pg_proc as v on v.oid = w.fdwvalidator
left join pg_catalog.pg_namespace as vn on vn.oid = v.pronamespace
order by w.fdwname;
