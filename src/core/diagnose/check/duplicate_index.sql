-- Pairs of valid indexes on one table, the first of which the second does all the work of: same method, and either the
-- same keys, or (b-tree) keys that the second starts with; same predicate, classes, collations and order; what the first
-- includes is in the second; the first is not unique, or both are. The first is neither of a constraint nor the replica
-- identity. Expressions and predicates are compared as parse trees without positions, so some pairs are not seen.
-- PostgreSQL 12 to 18.
with :scope,
candidates as materialized (
    select
        r.schema,
        r.relname as table,
        c.oid,
        c.relname as index,
        c.relam,
        c.relkind = 'I' as partitioned,
        am.amname as method,
        i.indrelid,
        i.indisunique,
        i.indimmediate,
        i.indnkeyatts,
        i.indkey::pg_catalog.int2[] as columns,
        i.indclass::pg_catalog.oid[] as classes,
        i.indcollation::pg_catalog.oid[] as collations,
        i.indoption::pg_catalog.int2[] as options,
        coalesce(pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct', 'false') as nulls,
        pg_catalog.regexp_replace(i.indexprs::pg_catalog.text, ':location -?[0-9]+', '', 'g') as expressions,
        pg_catalog.regexp_replace(i.indpred::pg_catalog.text, ':location -?[0-9]+', '', 'g') as predicate,
        i.indisreplident or i.indisclustered or i.indisexclusion or exists (
            select
            from pg_catalog.pg_constraint as con
            where con.conindid = i.indexrelid and con.conrelid = i.indrelid and con.contype in ('p', 'u', 'x')
        ) or exists (
            -- A foreign key rests on it: 2606 is pg_constraint.
            select
            from pg_catalog.pg_depend as d
            where d.refclassid = 1259 and d.refobjid = i.indexrelid and d.classid = 2606
        ) as needed,
        c.relpages::pg_catalog.int8 * pg_catalog.current_setting('block_size')::pg_catalog.int8 as bytes
    from relations as r
    join pg_catalog.pg_index as i on i.indrelid = r.oid
    join pg_catalog.pg_class as c on c.oid = i.indexrelid
    join pg_catalog.pg_am as am on am.oid = c.relam
    where r.relkind in ('r', 'p', 'm') and i.indisvalid and i.indisready and not c.relispartition
),
pairs as (
    select
        one.*,
        other.index as other,
        one.indnkeyatts = other.indnkeyatts as same_keys,
        pg_catalog.row_number() over (
            partition by one.oid order by one.indnkeyatts = other.indnkeyatts desc, other.needed desc, other.oid
        ) as choice
    from candidates as one
    join candidates as other on other.indrelid = one.indrelid and other.oid <> one.oid and other.relam = one.relam
    where not one.needed
    and one.expressions is not distinct from other.expressions
    and one.predicate is not distinct from other.predicate
    and one.columns[0:one.indnkeyatts - 1] = other.columns[0:one.indnkeyatts - 1]
    and one.classes[0:one.indnkeyatts - 1] = other.classes[0:one.indnkeyatts - 1]
    and one.collations[0:one.indnkeyatts - 1] = other.collations[0:one.indnkeyatts - 1]
    and one.options[0:one.indnkeyatts - 1] = other.options[0:one.indnkeyatts - 1]
    and (one.indnkeyatts = other.indnkeyatts or one.method = 'btree' and one.indnkeyatts < other.indnkeyatts)
    and one.columns <@ other.columns
    and (
        not one.indisunique
        or other.indisunique and one.indnkeyatts = other.indnkeyatts and one.nulls = other.nulls
        and one.indimmediate = other.indimmediate
    )
    -- Of two that do each other's work, one is told: not the one that is needed, unique or the older of equals.
    and not (
        one.indnkeyatts = other.indnkeyatts and not other.needed and other.columns <@ one.columns
        and one.indisunique = other.indisunique and one.oid < other.oid
    )
)
select p.schema, p.table, p.index, p.other, p.same_keys, p.partitioned, p.bytes
from pairs as p
where p.choice = 1
order by p.schema, p.table, p.index;
