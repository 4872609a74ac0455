-- The wanted indexes, and all indexes of the wanted relations that no constraint made: rows of pg_index. A wanted name
-- is looked for among indexes and among relations, because an index whose name PostgreSQL chose is found by its shape.
-- PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c1, c5, c8). Names match exactly (c12);
-- temporary relations never match (c15). pg_constraint.conindid tells the index of a constraint (k9): it is given only
-- where its own name is wanted. Columns are found by attnum, never by position (k5). Operator classes and collations
-- come with whether they are implied (d4). indnullsnotdistinct exists from 15 on (k12).
-- In no order: the catalog that they go into has its own, and a sort of a whole database goes to disk.
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, n.nspname as schema, pair.name
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as pair(schema, name)
    join pg_catalog.pg_namespace as n on n.nspname = pair.schema
)
select
    n.nspname as schema,
    c.relname as name,
    tn.nspname as relation_schema,
    t.relname as relation,
    am.amname as method,
    i.indisunique as is_unique,
    -- A column that only some versions have: the innermost select that has it gives it.
    (select indnullsnotdistinct::pg_catalog.text from (select i.*) as own) as nulls_not_distinct,
    i.indpred is not null as has_predicate,
    i.indisvalid and i.indisready as valid,
    pg_catalog.to_json(c.reloptions)::pg_catalog.text as parameters,
    (
        select pg_catalog.json_agg(
            pg_catalog.json_build_object(
                'included', k.position > i.indnkeyatts,
                'column', (
                    select a.attname
                    from pg_catalog.pg_attribute as a
                    where a.attrelid = i.indrelid and a.attnum = k.attnum
                ),
                'option', k.option,
                'class', (
                    select pg_catalog.json_build_object('schema', o_n.nspname, 'name', o.opcname, 'implied', o.opcdefault)
                    from pg_catalog.pg_opclass as o
                    join pg_catalog.pg_namespace as o_n on o_n.oid = o.opcnamespace
                    where o.oid = k.opclass
                ),
                'class_options', (
                    select pg_catalog.to_json(ia.attoptions)
                    from pg_catalog.pg_attribute as ia
                    where ia.attrelid = i.indexrelid and ia.attnum = k.position
                ),
                'collation', case when k.coll <> 0 then (
                    select pg_catalog.json_build_array(co_n.nspname, co.collname)
                    from pg_catalog.pg_collation as co
                    join pg_catalog.pg_namespace as co_n on co_n.oid = co.collnamespace
                    where co.oid = k.coll
                ) end,
                'collation_is_own', case when k.coll <> 0 then (
                    select a.attcollation = k.coll
                    from pg_catalog.pg_attribute as a
                    where a.attrelid = i.indrelid and a.attnum = k.attnum
                ) end
            ) order by k.position
        )::pg_catalog.text
        from rows from (
            pg_catalog.unnest(i.indkey::pg_catalog.int2[]),
            pg_catalog.unnest(i.indoption::pg_catalog.int2[]),
            pg_catalog.unnest(i.indclass::pg_catalog.oid[]),
            pg_catalog.unnest(i.indcollation::pg_catalog.oid[])
        ) with ordinality as k(attnum, option, opclass, coll, position)
    ) as keys
from (
    select named.indexrelid
    from wanted
    join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
    join pg_catalog.pg_index as named on named.indexrelid = c.oid
    union
    select of_table.indexrelid
    from wanted
    join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
    join pg_catalog.pg_index as of_table on of_table.indrelid = c.oid
    where not exists (
        select
        from pg_catalog.pg_constraint as con
        where con.conrelid = of_table.indrelid and con.conindid = of_table.indexrelid
        and con.contype in ('p', 'u', 'x')
    )
) as scoped
cross join (select null::pg_catalog.text as indnullsnotdistinct) as lacking
join pg_catalog.pg_index as i on i.indexrelid = scoped.indexrelid
join pg_catalog.pg_class as c on c.oid = i.indexrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_am as am on am.oid = c.relam
join pg_catalog.pg_class as t on t.oid = i.indrelid
join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
where c.relpersistence <> 't' and t.relkind in ('r', 'p', 'm');
