-- Publications with their tables and schemas: rows of pg_publication. PostgreSQL 12 to 18.
select
    'pg_publication' as class,
    p.oid::pg_catalog.int8 as oid,
    'publication' as words,
    null as schema,
    p.pubname as name,
    pg_catalog.json_build_array(pg_catalog.concat(
        'CREATE PUBLICATION ' || pg_catalog.quote_ident(p.pubname),
        case when p.puballtables then ' FOR ALL TABLES' end,
        E'\n    FOR ' || (
            select pg_catalog.string_agg(member.text, ', ' order by member.text)
            from (
                select pg_catalog.concat(
                    'TABLE ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),
                    ' (' || (
                        select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum)
                        from pg_catalog.unnest(
                            (select prattrs::pg_catalog.int2[] from (select pr.*) as own)
                        ) as k(attnum)
                        join pg_catalog.pg_attribute as a on a.attrelid = pr.prrelid and a.attnum = k.attnum
                    ) || ')',
                    ' WHERE ' || pg_catalog.pg_get_expr(
                        (select prqual from (select pr.*) as own), pr.prrelid
                    )
                ) as text
                from pg_catalog.pg_publication_rel as pr
                -- What older versions lack: the innermost select that has such a column gives it.
                cross join (
                    select null::pg_catalog.int2[] as prattrs, null::pg_catalog.pg_node_tree as prqual
                ) as lacking
                join pg_catalog.pg_class as c on c.oid = pr.prrelid
                join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
                where pr.prpubid = p.oid
                union all
                -- pg_publication_namespace exists from 15 on; what depends tells the same.
                select 'TABLES IN SCHEMA ' || pg_catalog.quote_ident(n.nspname)
                from pg_catalog.pg_depend as d
                join pg_catalog.pg_class as cl on cl.oid = d.classid and cl.relname = 'pg_publication_namespace'
                join pg_catalog.pg_depend as other on other.classid = d.classid and other.objid = d.objid
                join pg_catalog.pg_namespace as n on n.oid = other.refobjid
                where d.refclassid = 'pg_catalog.pg_publication'::pg_catalog.regclass and d.refobjid = p.oid
                and other.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
            ) as member
        ),
        E'\n    WITH (publish = ' || pg_catalog.quote_literal(pg_catalog.concat_ws(
            ', ',
            case when p.pubinsert then 'insert' end,
            case when p.pubupdate then 'update' end,
            case when p.pubdelete then 'delete' end,
            case when p.pubtruncate then 'truncate' end
        )),
        case when pg_catalog.to_jsonb(p) ->> 'pubviaroot' = 'true' then ', publish_via_partition_root = true' end,
        case when pg_catalog.to_jsonb(p) ->> 'pubgencols' = 's' then ', publish_generated_columns = stored' end,
        ')'
    )) as statements
from pg_catalog.pg_publication as p
where p.oid >= 16384
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_publication'::pg_catalog.regclass and d.objid = p.oid and d.deptype in ('e', 'i')
)
order by p.pubname;
