-- The wanted text search dictionaries: rows of pg_ts_dict. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12).
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, n.nspname as schema, pair.name
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as pair(schema, name)
    join pg_catalog.pg_namespace as n on n.nspname = pair.schema
)
select wanted.schema, d.dictname as name, tn.nspname as template_schema, tst.tmplname as template
from wanted
join pg_catalog.pg_ts_dict as d on d.dictnamespace = wanted.namespace and d.dictname = wanted.name
join pg_catalog.pg_ts_template as tst on tst.oid = d.dicttemplate
join pg_catalog.pg_namespace as tn on tn.oid = tst.tmplnamespace
order by wanted.schema, d.dictname;
