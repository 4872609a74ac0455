-- The extensions that are there. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing.
select e.extname::pg_catalog.text as name from pg_catalog.pg_extension as e;
