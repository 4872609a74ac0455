-- The wanted foreign servers: rows of pg_foreign_server. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12).
select
    s.srvname as name,
    w.fdwname as wrapper,
    s.srvtype as type,
    s.srvversion as version,
    pg_catalog.to_json(s.srvoptions)::pg_catalog.text as options
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name)
join pg_catalog.pg_foreign_server as s on s.srvname = wanted.name
join pg_catalog.pg_foreign_data_wrapper as w on w.oid = s.srvfdw
order by s.srvname;
