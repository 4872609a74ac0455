-- The wanted extended statistics, and all of the wanted relations: rows of pg_statistic_ext (k30). A wanted name is
-- looked for among statistics and among relations, because one whose name PostgreSQL chose is found by its shape.
-- PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c1, c5, c8). Names match exactly (c12); temporary
-- relations never match (c15). Columns are found by attnum, never by position (k5). stxstattarget exists from 13 on and
-- is null or -1 where none is set; stxexprs exists from 14 on. It is a list of nodes in braces, which stand for letters
-- where a backslash is before them: as many expressions as there are outermost ones.
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
    s.stxname as name,
    tn.nspname as relation_schema,
    t.relname as relation,
    pg_catalog.to_json(s.stxkind)::pg_catalog.text as kinds,
    (
        select pg_catalog.json_agg(a.attname order by a.attname)::pg_catalog.text
        from pg_catalog.pg_attribute as a
        where a.attrelid = s.stxrelid and a.attnum = any (s.stxkeys::pg_catalog.int2[])
    ) as columns,
    case when pg_catalog.to_jsonb(s) ->> 'stxexprs' is null then 0 else (
        select pg_catalog.count(*) filter (where brace.kind = '{' and brace.depth = 1)
        from (
            select k.kind, pg_catalog.sum(case k.kind when '{' then 1 when '}' then -1 else 0 end)
                over (order by k.position) as depth
            from pg_catalog.regexp_split_to_table(
                -- No backslash here: what it means depends on standard_conforming_strings.
                pg_catalog.regexp_replace(
                    pg_catalog.to_jsonb(s) ->> 'stxexprs', pg_catalog.repeat(pg_catalog.chr(92), 2) || '.', '', 'g'
                ), ''
            ) with ordinality as k(kind, position)
        ) as brace
    ) end as expressions,
    coalesce(pg_catalog.to_jsonb(s) ->> 'stxstattarget', '-1') as target
from (
    select named.oid
    from wanted
    join pg_catalog.pg_statistic_ext as named
        on named.stxnamespace = wanted.namespace and named.stxname = wanted.name
    union
    select of_table.oid
    from wanted
    join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
    join pg_catalog.pg_statistic_ext as of_table on of_table.stxrelid = c.oid
) as scoped
join pg_catalog.pg_statistic_ext as s on s.oid = scoped.oid
join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace
join pg_catalog.pg_class as t on t.oid = s.stxrelid
join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
where t.relpersistence <> 't'
order by n.nspname, s.stxname;
