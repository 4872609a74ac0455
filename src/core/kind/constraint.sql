-- All constraints of the wanted tables: rows of pg_constraint. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12); temporary
-- tables never match (c15). An allow-list of contype leaves out the NOT NULL rows of PostgreSQL 18 (k14) and constraint
-- triggers. A foreign key's clones on its own table, one for each partition of the table that it references, are left
-- out (k1); what a partition has from its parent is its own too. Columns are found by attnum, never by position (k5).
-- indnullsnotdistinct exists from 15 on (k12).
-- The elements of an exclusion constraint, INCLUDE and storage parameters are those of its index.
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
    wanted.schema,
    c.relname as relation,
    con.conname as name,
    con.contype as form,
    -- By far the most have one column, or none.
    case when con.conkey[2] is null then (
        select pg_catalog.json_build_array(a.attname)::pg_catalog.text
        from pg_catalog.pg_attribute as a
        where a.attrelid = con.conrelid and a.attnum = con.conkey[1]
    ) else (
        -- Each by its number: of a wide table, the others are not read. A check of the whole row has the number 0.
        select pg_catalog.json_agg((
            select a.attname
            from pg_catalog.pg_attribute as a
            where a.attrelid = con.conrelid and a.attnum = k.attnum
        ))::pg_catalog.text
        from (select pg_catalog.unnest(con.conkey) as attnum) as k
        where k.attnum <> 0
    ) end as columns,
    case when con.contype = 'f' then (
        select rn.nspname from pg_catalog.pg_namespace as rn where rn.oid = r.relnamespace
    ) end as referenced_schema,
    r.relname as referenced_relation,
    case when con.contype = 'f' then (
        select pg_catalog.json_agg(a.attname order by k.position)::pg_catalog.text
        from pg_catalog.unnest(con.confkey) with ordinality as k(attnum, position)
        join pg_catalog.pg_attribute as a on a.attrelid = con.confrelid and a.attnum = k.attnum
    ) end as referenced_columns,
    con.confupdtype as on_update,
    con.confdeltype as on_delete,
    con.condeferrable as deferrable,
    con.condeferred as initially_deferred,
    con.convalidated as validated,
    of_index.nulls_not_distinct,
    own.enforced,
    own.temporal,
    case when con.contype = 'f' then (
        select pg_catalog.json_agg(a.attname)::pg_catalog.text
        from pg_catalog.unnest((select confdelsetcols from (select con.*) as own)) as k(attnum)
        join pg_catalog.pg_attribute as a on a.attrelid = con.conrelid and a.attnum = k.attnum
    ) end as delete_columns,
    con.connoinherit as no_inherit,
    con.confmatchtype as match,
    case when i.indnatts > i.indnkeyatts then (
        select pg_catalog.json_agg(a.attname order by k.position)::pg_catalog.text
        from pg_catalog.unnest(i.indkey::pg_catalog.int2[]) with ordinality as k(attnum, position)
        join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
        where k.position > i.indnkeyatts
    ) end as include,
    pg_catalog.to_json(ic.reloptions)::pg_catalog.text as parameters,
    case when con.contype = 'x' then (
        select am.amname from pg_catalog.pg_am as am where am.oid = ic.relam
    ) end as method,
    i.indpred is not null as has_predicate,
    case when con.contype = 'x' then (
        select pg_catalog.json_agg(
            pg_catalog.json_build_object(
                'column', (
                    select pg_catalog.json_build_array(a.attname, a.attcollation = k.coll)
                    from pg_catalog.pg_attribute as a
                    where a.attrelid = i.indrelid and a.attnum = k.attnum
                ),
                'option', k.option,
                'class', (
                    select pg_catalog.json_build_array(o_n.nspname, o.opcname, o.opcdefault)
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
                ) end
            ) order by k.position
        )::pg_catalog.text
        from rows from (
            pg_catalog.unnest(i.indkey::pg_catalog.int2[]),
            pg_catalog.unnest(i.indoption::pg_catalog.int2[]),
            pg_catalog.unnest(i.indclass::pg_catalog.oid[]),
            pg_catalog.unnest(i.indcollation::pg_catalog.oid[])
        ) with ordinality as k(attnum, option, opclass, coll, position)
        where k.position <= i.indnkeyatts
    ) end as elements,
    case when con.contype = 'x' then (
        select pg_catalog.json_agg(pg_catalog.json_build_array(op_n.nspname, op.oprname) order by k.position)
            ::pg_catalog.text
        from pg_catalog.unnest(con.conexclop) with ordinality as k(operator, position)
        join pg_catalog.pg_operator as op on op.oid = k.operator
        join pg_catalog.pg_namespace as op_n on op_n.oid = op.oprnamespace
    ) end as operators
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
join pg_catalog.pg_constraint as con on con.conrelid = c.oid
-- What only some versions have: NULLS NOT DISTINCT (15, k12), constraints that are not enforced and temporal keys (18,
-- k13), the columns of SET NULL (15). The innermost select that has such a column gives it. Joined where that can be, as the
-- planner takes a select in FROM apart, and makes none for each row.
cross join (
    select
        null::pg_catalog.text as indnullsnotdistinct,
        null::pg_catalog.text as conenforced,
        null::pg_catalog.text as conperiod,
        null::pg_catalog.int2[] as confdelsetcols
) as lacking
left join pg_catalog.pg_index as i on i.indexrelid = case when con.contype in ('p', 'u', 'x') then con.conindid end
cross join lateral (
    select indnullsnotdistinct::pg_catalog.text as nulls_not_distinct from (select i.*) as index
) as of_index
cross join lateral (
    select conenforced::pg_catalog.text as enforced, conperiod::pg_catalog.text as temporal
    from (select con.*) as constraint_
) as own
left join pg_catalog.pg_class as ic on ic.oid = i.indexrelid
left join pg_catalog.pg_class as r on r.oid = case con.contype when 'f' then con.confrelid end
where c.relkind in ('r', 'p', 'f') and c.relpersistence <> 't'
and con.contype in ('p', 'u', 'f', 'c', 'x')
and (con.conparentid = 0 or not exists (
    select
    from pg_catalog.pg_constraint as parent
    where parent.oid = con.conparentid and parent.conrelid = con.conrelid
));
