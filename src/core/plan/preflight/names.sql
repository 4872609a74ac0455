-- Which of the named things are there under these names: a relation, a type, a function. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing.
with named as materialized (
    select wanted.form, n.oid as schema, wanted.schema as schema_name, wanted.name
    from rows from (
        pg_catalog.unnest(:'forms'::pg_catalog.text[]), pg_catalog.unnest(:'schemas'::pg_catalog.text[]),
        pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as wanted(form, schema, name)
    join pg_catalog.pg_namespace as n on n.nspname = wanted.schema
)
select named.form, named.schema_name as schema, named.name
from named
where case named.form
    when 'relation' then exists (
        select from pg_catalog.pg_class as c where c.relname = named.name and c.relnamespace = named.schema)
    when 'type' then exists (
        select from pg_catalog.pg_type as t where t.typname = named.name and t.typnamespace = named.schema)
    else exists (
        select from pg_catalog.pg_proc as p where p.proname = named.name and p.pronamespace = named.schema)
        or exists (
        select from pg_catalog.pg_type as t where t.typname = named.name and t.typnamespace = named.schema)
end;
