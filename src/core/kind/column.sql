-- All columns of the wanted relations: rows of pg_attribute. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12); temporary
-- relations never match (c15). Dropped columns are left out (k5). The pg_attrdef row of a generated column is no default
-- (k7), and neither is one that is just null: a null constant, bare or in casts. The collation comes with whether it is
-- the type's own (k8). Since 18, a NOT NULL is a constraint too, which may be NOT VALID or NO INHERIT: it belongs to its
-- column, whatever its name (k14, k15). attcompression exists from 14 on; no attstattarget is null from 17 on. format_type names types under the session's search_path, which the caller pins (s3).
-- In no order: the catalog that they go into has its own, and a sort of a whole database goes to disk.
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, n.nspname as schema, pair.name
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as pair(schema, name)
    join pg_catalog.pg_namespace as n on n.nspname = pair.schema
), relation as materialized (
    -- Once for each relation, not for each column.
    select
        wanted.schema,
        c.relname as name,
        c.oid,
        array(
            select con.conkey[1]
            from pg_catalog.pg_constraint as con
            where pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 180000
            and con.conrelid = c.oid and con.contypid = 0 and con.contype = 'n' and not con.convalidated
        ) as not_valid,
        array(
            select con.conkey[1]
            from pg_catalog.pg_constraint as con
            where pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 180000
            and con.conrelid = c.oid and con.contypid = 0 and con.contype = 'n' and con.connoinherit
        ) as no_inherit,
        array(
            select d.adnum
            from pg_catalog.pg_attrdef as d
            where d.adrelid = c.oid
            and d.adbin::pg_catalog.text like '%:constisnull true%'
            -- No backslashes: what they mean depends on standard_conforming_strings.
            and d.adbin::pg_catalog.text
                ~ '^[{]((COERCETODOMAIN|RELABELTYPE|COERCEVIAIO|ARRAYCOERCEEXPR) :arg [{]|FUNCEXPR [^{}]*:funcformat [12] [^{}]*:args [(][{])*CONST [^}]*:constisnull true'
        ) as null_defaults
    from wanted
    join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't'
)
select
    relation.schema,
    relation.name as relation,
    a.attname as name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as data_type,
    a.attnotnull as not_null,
    a.atthasdef and a.attgenerated = '' and not (a.attnum = any (relation.null_defaults)) as has_default,
    a.attidentity as identity,
    a.attgenerated as generated,
    -- By far the most columns have the default collation (oid 100), and are a text, a char or a varchar.
    case a.attcollation when 0 then null when 100 then 'default' else (
        select pg_catalog.json_build_array(co_n.nspname, co.collname)::pg_catalog.text
        from pg_catalog.pg_collation as co
        join pg_catalog.pg_namespace as co_n on co_n.oid = co.collnamespace
        where co.oid = a.attcollation
    ) end as collation,
    a.attcollation = 0 or a.attcollation = case when a.atttypid in (25, 1042, 1043) then 100 else (
        select t.typcollation from pg_catalog.pg_type as t where t.oid = a.atttypid
    ) end as collation_is_of_type,
    a.attstorage as storage,
    own.compression,
    a.attstattarget as statistics,
    pg_catalog.to_json(a.attoptions)::pg_catalog.text as options,
    a.attnum = any (relation.not_valid) as not_null_not_valid,
    a.attnum = any (relation.no_inherit) as not_null_no_inherit
from relation
join pg_catalog.pg_attribute as a on a.attrelid = relation.oid
-- What a column is called that this server may lack: the innermost select that has it gives it. Joined, not selected, as
-- the planner takes a select in FROM apart, and makes none for each row.
cross join (select null::pg_catalog.text as attcompression) as lacking
cross join lateral (
    select attcompression::pg_catalog.text as compression from (select a.*) as attribute
) as own
where a.attnum > 0 and not a.attisdropped;
