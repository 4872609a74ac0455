-- The wanted publications with their tables and schemas: rows of pg_publication and pg_publication_rel. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c1, c5, c8). Names match exactly (c12). Row
-- filters, column lists and schemas exist from 15 on, pubviaroot from 13 on, pubgencols from 18 on. The catalog of the
-- schemas is missing before 15, so they are found by what they depend on: rows of 6237 (pg_publication_namespace) hang on
-- one of 6104 (pg_publication) and one of 2615 (pg_namespace); oids repeat across catalogs (k22).
select
    pub.pubname as name,
    pub.puballtables as all_tables,
    pub.pubinsert as inserts,
    pub.pubupdate as updates,
    pub.pubdelete as deletes,
    pub.pubtruncate as truncates,
    pg_catalog.to_jsonb(pub) ->> 'pubviaroot' as via_root,
    pg_catalog.to_jsonb(pub) ->> 'pubgencols' as generated_columns,
    (
        select pg_catalog.json_agg(
            pg_catalog.json_build_object(
                'schema', tn.nspname,
                'name', t.relname,
                'filtered', pg_catalog.to_jsonb(pr) ->> 'prqual' is not null,
                'columns', case when pg_catalog.to_jsonb(pr) ->> 'prattrs' is not null then (
                    select pg_catalog.json_agg(a.attname order by a.attname)
                    from pg_catalog.pg_attribute as a
                    where a.attrelid = pr.prrelid
                    and pg_catalog.to_jsonb(pr) -> 'prattrs' @> pg_catalog.to_jsonb(a.attnum)
                ) end
            ) order by tn.nspname, t.relname
        )::pg_catalog.text
        from pg_catalog.pg_publication_rel as pr
        join pg_catalog.pg_class as t on t.oid = pr.prrelid
        join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
        where pr.prpubid = pub.oid
    ) as tables,
    (
        select pg_catalog.json_agg(n.nspname order by n.nspname)::pg_catalog.text
        from pg_catalog.pg_depend as of_publication
        join pg_catalog.pg_depend as of_schema
            on of_schema.classid = of_publication.classid and of_schema.objid = of_publication.objid
        join pg_catalog.pg_namespace as n on n.oid = of_schema.refobjid
        where of_publication.refclassid = 6104 and of_publication.refobjid = pub.oid
        and of_publication.classid = 6237 and of_schema.refclassid = 2615
    ) as schemas
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name)
join pg_catalog.pg_publication as pub on pub.pubname = wanted.name
order by pub.pubname;
