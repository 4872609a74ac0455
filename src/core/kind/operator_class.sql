-- The operator classes of the wanted names, of any access method: rows of pg_opclass. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12). format_type
-- names types under the session's search_path, which the caller pins (s3).
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
    o.opcname as name,
    am.amname as method,
    pg_catalog.format_type(o.opcintype, null) as data_type,
    o.opcdefault as is_default,
    fn.nspname as family_schema,
    f.opfname as family
from wanted
join pg_catalog.pg_opclass as o on o.opcnamespace = wanted.namespace and o.opcname = wanted.name
join pg_catalog.pg_am as am on am.oid = o.opcmethod
join pg_catalog.pg_opfamily as f on f.oid = o.opcfamily
join pg_catalog.pg_namespace as fn on fn.oid = f.opfnamespace
order by wanted.schema, o.opcname, am.amname;
