-- The materialized views, each with those that it reads, itself or through views: rows of pg_rewrite and pg_depend, from
-- the views in scope down (f3). 2618 is pg_rewrite, 1259 pg_class. What a function in a view reads is not in pg_depend.
-- The rule of a usable index is that of is_usable_unique_index in PostgreSQL's matview.c. PostgreSQL 12 to 18.
with recursive :scope,
views as materialized (
    select r.oid, r.schema, r.relname as view, r.relispopulated as populated
    from relations as r
    where r.relkind = 'm'
),
reads as (
    select v.oid as view, v.oid as relation, 'v'::pg_catalog.text as kind
    from views as v
    union
    select reads.view, c.oid, c.relkind::pg_catalog.text
    from reads
    join pg_catalog.pg_rewrite as w on w.ev_class = reads.relation
    join pg_catalog.pg_depend as d on d.classid = 2618 and d.objid = w.oid and d.refclassid = 1259
    join pg_catalog.pg_class as c on c.oid = d.refobjid
    -- Beyond another materialized view its own turn begins.
    where reads.kind = 'v' and c.relkind in ('v', 'm') and c.oid <> reads.relation
)
select
    v.schema,
    v.view,
    v.populated,
    exists (
        select
        from pg_catalog.pg_index as x
        where x.indrelid = v.oid and x.indisunique and x.indisvalid and x.indimmediate
        and x.indpred is null and x.indexprs is null
    ) as usable_index,
    (
        select pg_catalog.json_agg(pg_catalog.json_build_array(n.nspname, c.relname) order by n.nspname, c.relname)
        from reads
        join pg_catalog.pg_class as c on c.oid = reads.relation
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where reads.view = v.oid and reads.kind = 'm'
    ) as reads
from views as v
order by v.schema, v.view;
