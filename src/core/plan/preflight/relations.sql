-- The named relations: owner, privileges, and what the last VACUUM or ANALYZE counted, partitions and TOAST included.
-- PostgreSQL 12 to 18.
-- Raw rows and privileges by oid only: opens no relation, waits for no lock, raises nothing. In 12 and 13, a table that
-- was never counted has 0 rows and 0 pages; since 14 it has -1 rows.
with recursive named as materialized (
    select n.oid as schema, wanted.schema as schema_name, wanted.name
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as wanted(schema, name)
    join pg_catalog.pg_namespace as n on n.nspname = wanted.schema
),
found as materialized (
    select c.oid, c.relowner, c.relkind, named.schema_name, named.name
    from named
    join pg_catalog.pg_class as c on c.relname = named.name and c.relnamespace = named.schema
),
leaves as (
    select found.oid as root, found.oid from found
    union
    select leaves.root, i.inhrelid
    from leaves
    join pg_catalog.pg_inherits as i on i.inhparent = leaves.oid
)
select
    found.schema_name as schema,
    found.name,
    pg_catalog.pg_get_userbyid(found.relowner)::pg_catalog.text as owner,
    pg_catalog.pg_has_role(found.relowner, 'USAGE') as owned,
    exists (select from pg_catalog.pg_roles as r where r.oid = found.relowner and r.rolsuper) as owner_is_superuser,
    found.relkind = 'p' as is_partitioned,
    size.rows,
    size.is_counted,
    size.pages,
    (
        select pg_catalog.array_agg(a.attname::pg_catalog.text order by k.position)
        from pg_catalog.pg_constraint as p
        cross join lateral pg_catalog.unnest(p.conkey) with ordinality as k(attnum, position)
        join pg_catalog.pg_attribute as a on a.attrelid = p.conrelid and a.attnum = k.attnum
        where p.conrelid = found.oid and p.contype = 'p'
    ) as primary_key,
    pg_catalog.has_table_privilege(found.oid, 'SELECT') as may_select,
    pg_catalog.has_table_privilege(found.oid, 'REFERENCES') as may_reference,
    pg_catalog.has_any_column_privilege(found.oid, 'REFERENCES') as may_reference_columns,
    pg_catalog.has_table_privilege(found.oid, 'TRIGGER') as may_trigger,
    pg_catalog.has_any_column_privilege(found.oid, 'INSERT') as may_insert,
    pg_catalog.has_any_column_privilege(found.oid, 'UPDATE') as may_update,
    pg_catalog.has_table_privilege(found.oid, 'DELETE') as may_delete,
    pg_catalog.has_table_privilege(
        found.oid,
        'SELECT WITH GRANT OPTION, INSERT WITH GRANT OPTION, UPDATE WITH GRANT OPTION, DELETE WITH GRANT OPTION, '
        'REFERENCES WITH GRANT OPTION, TRIGGER WITH GRANT OPTION, TRUNCATE WITH GRANT OPTION'
    ) as may_grant
from found
join lateral (
    select
        coalesce(pg_catalog.sum(greatest(c.reltuples, 0)) filter (where c.relkind <> 'p'), 0)::pg_catalog.float8 as rows,
        pg_catalog.bool_and(
            c.relkind = 'p' or c.reltuples > 0 or c.relpages > 0
            or (c.reltuples = 0 and pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 140000)
        ) as is_counted,
        pg_catalog.sum(c.relpages::pg_catalog.int8 + coalesce(t.relpages, 0))::pg_catalog.int8 as pages
    from leaves
    join pg_catalog.pg_class as c on c.oid = leaves.oid
    left join pg_catalog.pg_class as t on t.oid = c.reltoastrelid
    where leaves.root = found.oid
) as size on true;
