-- The texts of the wanted defaults: rows of pg_attrdef. PostgreSQL 12 to 18.
-- Waits for no lock: a default holds no column reference, so that no relation is given (c3); the expression of a
-- generated column does, and would raise (c4). Names are qualified as far as the session's search_path, which the caller
-- pins, does not hold them (s3).
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, w.relation, w.name, w.item
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]),
        pg_catalog.unnest(:'relations'::pg_catalog.text[]),
        pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) with ordinality as w(schema, relation, name, item)
    join pg_catalog.pg_namespace as n on n.nspname = w.schema
)
select wanted.item, 'default' as part, 0 as position, pg_catalog.pg_get_expr(d.adbin, 0) as text
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.relation
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attname = wanted.name
join pg_catalog.pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
where a.attgenerated = '' and not a.attisdropped
order by wanted.item;
