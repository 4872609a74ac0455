-- The texts of the wanted policies: rows of pg_policy. PostgreSQL 12 to 18.
-- Opens the table, and so waits for its lock (c1, k32): under lock_timeout, in a transaction of its own (c6).
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, w.relation, w.name, w.item
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]),
        pg_catalog.unnest(:'relations'::pg_catalog.text[]),
        pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) with ordinality as w(schema, relation, name, item)
    join pg_catalog.pg_namespace as n on n.nspname = w.schema
), found as materialized (
    -- Before any text is printed: what is not wanted may be locked.
    select wanted.item, pol.polqual, pol.polwithcheck, pol.polrelid
    from wanted
    join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.relation
    join pg_catalog.pg_policy as pol on pol.polrelid = c.oid and pol.polname = wanted.name
)
select found.item, 'using' as part, 0 as position, pg_catalog.pg_get_expr(found.polqual, found.polrelid) as text
from found
where found.polqual is not null
union all
select found.item, 'with check', 0, pg_catalog.pg_get_expr(found.polwithcheck, found.polrelid)
from found
where found.polwithcheck is not null
order by 1, 2;
