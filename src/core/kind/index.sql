-- The wanted indexes, and all indexes of the wanted relations that no constraint made: rows of pg_index. A wanted name
-- is looked for among indexes and among relations, because an index whose name PostgreSQL chose is found by its shape.
-- PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c1, c5, c8). Names match exactly (c12);
-- temporary relations never match (c15). pg_constraint.conindid tells the index of a constraint (k9), which is a primary
-- key, unique or exclusive: it is given only where its own name is wanted. Columns are found by attnum, never by position
-- (k5). Operator classes and collations come with whether they are implied (d4). indnullsnotdistinct exists from 15 on
-- (k12). An index is in the schema of its relation.
-- What has the same number in every database since PostgreSQL 12 (pg_am.dat, pg_opclass.dat, pg_collation.dat of its
-- source: btree, the default classes of the commonest types, the default collation) is not looked up: a database has
-- more keys of indexes than tables.
-- In no order: the catalog that they go into has its own, and a sort of a whole database goes to disk.
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, n.nspname as schema, pair.name
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as pair(schema, name)
    join pg_catalog.pg_namespace as n on n.nspname = pair.schema
), relation as materialized (
    select wanted.schema, wanted.name, c.oid, c.relkind
    from wanted
    join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
    where c.relpersistence <> 't' and c.relkind in ('r', 'p', 'm', 'i', 'I')
)
select
    i.schema,
    c.relname as name,
    i.schema as relation_schema,
    i.relation,
    case c.relam when 403 then 'btree' else (
        select am.amname from pg_catalog.pg_am as am where am.oid = c.relam
    ) end as method,
    i.indisunique as is_unique,
    own.nulls_not_distinct,
    i.indpred is not null as has_predicate,
    i.indisvalid and i.indisready as valid,
    pg_catalog.to_json(c.reloptions)::pg_catalog.text as parameters,
    (
        -- In the order of the keys. An array of the fields of a key.
        select pg_catalog.json_agg(pg_catalog.json_build_array(
            (
                select pg_catalog.json_build_array(a.attname, coalesce(a.attcollation = k.coll, true))
                from pg_catalog.pg_attribute as a
                where a.attrelid = i.indrelid and a.attnum = k.attnum
            ),
            case k.opclass
                when 1978 then '"int4_ops"'
                when 1979 then '"int2_ops"'
                when 1981 then '"oid_ops"'
                when 3122 then '"date_ops"'
                when 3123 then '"float8_ops"'
                when 3124 then '"int8_ops"'
                when 3125 then '"numeric_ops"'
                when 3126 then '"text_ops"'
                when 3127 then '"timestamptz_ops"'
                when 3128 then '"timestamp_ops"'
                else (
                    select pg_catalog.json_build_array(o_n.nspname, o.opcname, o.opcdefault)
                    from pg_catalog.pg_opclass as o
                    join pg_catalog.pg_namespace as o_n on o_n.oid = o.opcnamespace
                    where o.oid = k.opclass
                )
            end,
            case k.coll when 0 then null when 100 then '"default"' else (
                select pg_catalog.json_build_array(co_n.nspname, co.collname)
                from pg_catalog.pg_collation as co
                join pg_catalog.pg_namespace as co_n on co_n.oid = co.collnamespace
                where co.oid = k.coll
            ) end,
            k.option,
            -- Those classes have no options.
            case when k.opclass not in (1978, 1979, 1981, 3122, 3123, 3124, 3125, 3126, 3127, 3128) then (
                select pg_catalog.to_json(ia.attoptions)
                from pg_catalog.pg_attribute as ia
                where ia.attrelid = i.indexrelid and ia.attnum = k.position
            ) end,
            k.position > i.indnkeyatts
        ))::pg_catalog.text
        from (
            -- Not by functions in FROM, whose rows are put into a store for each index.
            select
                i.indkey[n] as attnum, i.indoption[n] as option, i.indclass[n] as opclass, i.indcollation[n] as coll,
                n + 1 as position
            from (select pg_catalog.generate_series(0, i.indnatts - 1) as n) as key
        ) as k
    ) as keys
from (
    -- Of the wanted relations, those that no constraint made.
    select i.*, relation.schema, relation.name as relation
    from relation
    join pg_catalog.pg_index as i on i.indrelid = relation.oid
    where relation.relkind in ('r', 'p', 'm') and not i.indisprimary
    and (not (i.indisunique or i.indisexclusion) or not exists (
        select
        from pg_catalog.pg_constraint as con
        where con.conrelid = i.indrelid and con.conindid = i.indexrelid
        and con.contype in ('p', 'u', 'x')
    ))
    union all
    -- Of the wanted names, the others.
    select i.*, relation.schema, t.relname as relation
    from relation
    join pg_catalog.pg_index as i on i.indexrelid = relation.oid
    join pg_catalog.pg_class as t on t.oid = i.indrelid
    where relation.relkind in ('i', 'I') and t.relkind in ('r', 'p', 'm')
    and (
        i.indrelid not in (select own.oid from relation as own)
        or i.indisprimary
        or (i.indisunique or i.indisexclusion) and exists (
            select
            from pg_catalog.pg_constraint as con
            where con.conrelid = i.indrelid and con.conindid = i.indexrelid
            and con.contype in ('p', 'u', 'x')
        )
    )
) as i
-- A column that only some versions have: the innermost select that has it gives it. Joined, not selected, as the planner
-- takes a select in FROM apart, and makes none for each row.
cross join (select null::pg_catalog.text as indnullsnotdistinct) as lacking
cross join lateral (
    select indnullsnotdistinct::pg_catalog.text as nulls_not_distinct from (select i.*) as index
) as own
join pg_catalog.pg_class as c on c.oid = i.indexrelid;
