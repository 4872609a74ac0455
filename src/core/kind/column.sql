-- All columns of the wanted relations: rows of pg_attribute. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12); temporary
-- relations never match (c15). Dropped columns are left out (k5). The pg_attrdef row of a generated column is no default
-- (k7), and neither is one that is just null: a null constant, bare or in casts. The collation is given where it is not
-- the database's own (k8). format_type names types under the session's search_path, which the caller pins (s3).
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
    c.relname as relation,
    a.attname as name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as data_type,
    a.attnotnull as not_null,
    a.atthasdef and a.attgenerated = '' and not exists (
        select
        from pg_catalog.pg_attrdef as d
        where d.adrelid = a.attrelid and d.adnum = a.attnum
        and d.adbin::pg_catalog.text like '%:constisnull true%'
        -- No backslashes: what they mean depends on standard_conforming_strings.
        and d.adbin::pg_catalog.text
            ~ '^[{]((COERCETODOMAIN|RELABELTYPE|COERCEVIAIO|ARRAYCOERCEEXPR) :arg [{]|FUNCEXPR [^{}]*:funcformat [12] [^{}]*:args [(][{])*CONST [^}]*:constisnull true'
    ) as has_default,
    a.attidentity as identity,
    a.attgenerated as generated,
    case when a.attcollation <> 0 then (
        select co.collname
        from pg_catalog.pg_collation as co
        where co.oid = a.attcollation and co.collname <> 'default'
    ) end as collation
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
join pg_catalog.pg_attribute as a on a.attrelid = c.oid
where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't' and a.attnum > 0 and not a.attisdropped
order by wanted.schema, c.relname, a.attnum;
