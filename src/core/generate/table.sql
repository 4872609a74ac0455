-- Tables, foreign ones too, with their columns and constraints: rows of pg_class of relkind r, p and f. PostgreSQL 12 to 18.
-- Constraints that only a parent gave a table are left out (k1, k4), and so are the NOT NULL rows of PostgreSQL 18 (k14).
-- A default holds no column, so that its text needs no table (c3); that of a generated column does (c4).
select
    'pg_class' as class,
    c.oid::pg_catalog.int8 as oid,
    n.nspname as schema,
    c.relname as name,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as qualified,
    c.relpersistence = 'u' as unlogged,
    case when c.relispartition then pg_catalog.pg_get_expr(c.relpartbound, 0) end as bound,
    case when c.relkind = 'p' then pg_catalog.pg_get_partkeydef(c.oid) end as partition_key,
    c.relrowsecurity as row_security,
    c.relforcerowsecurity as force_row_security,
    case when c.relkind <> 'f' then c.relreplident else 'd' end as replica_identity,
    (
        select pg_catalog.json_agg(o.option order by o.option)
        from (
            select own.option
            from pg_catalog.unnest(c.reloptions) as own(option)
            union all
            select 'toast.' || of_toast.option
            from pg_catalog.pg_class as tc
            cross join pg_catalog.unnest(tc.reloptions) as of_toast(option)
            where tc.oid = c.reltoastrelid
        ) as o
    ) as options,
    case when c.reloftype <> 0 then pg_catalog.format_type(c.reloftype, null) end as of_type,
    (
        select pg_catalog.json_build_object(
            'server', pg_catalog.quote_ident(s.srvname),
            'options', (
                    select pg_catalog.string_agg(
                        pg_catalog.quote_ident(o.option_name) || ' ' || pg_catalog.quote_literal(o.option_value), ', '
                    )
                    from pg_catalog.pg_options_to_table(f.ftoptions) as o
                    where not (:is_secret)
                )
        )
        from pg_catalog.pg_foreign_table as f
        join pg_catalog.pg_foreign_server as s on s.oid = f.ftserver
        where f.ftrelid = c.oid
    ) as foreign,
    (
        select pg_catalog.quote_ident(am.amname)
        from pg_catalog.pg_am as am
        where am.oid = c.relam and am.amname <> 'heap'
    ) as access_method,
    (
        select pg_catalog.json_agg(
            pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.relname) order by i.inhseqno
        )
        from pg_catalog.pg_inherits as i
        join pg_catalog.pg_class as p on p.oid = i.inhparent
        join pg_catalog.pg_namespace as pn on pn.oid = p.relnamespace
        where i.inhrelid = c.oid
    ) as parents,
    (
        select pg_catalog.json_agg(
            pg_catalog.json_build_object(
                'name', a.attname,
                'quoted', pg_catalog.quote_ident(a.attname),
                'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                'collation', (
                    select pg_catalog.concat(
                        case when cn.nspname <> 'pg_catalog' then pg_catalog.quote_ident(cn.nspname) || '.' end,
                        pg_catalog.quote_ident(co.collname)
                    )
                    from pg_catalog.pg_collation as co
                    join pg_catalog.pg_namespace as cn on cn.oid = co.collnamespace
                    where co.oid = a.attcollation and a.attcollation <> at.typcollation
                ),
                'not_null', a.attnotnull,
                'not_null_constraint', (
                    select pg_catalog.json_build_object(
                        'name', con.conname,
                        'quoted', pg_catalog.quote_ident(con.conname),
                        'is_validated', con.convalidated,
                        'is_inherited', not con.connoinherit
                    )
                    from pg_catalog.pg_constraint as con
                    where con.conrelid = c.oid and con.contype = 'n' and con.conkey[1] = a.attnum and con.conislocal
                ),
                'default_oid', ad.oid::pg_catalog.int8,
                'default', case when a.attgenerated = '' then pg_catalog.pg_get_expr(ad.adbin, 0) end,
                'generated', a.attgenerated,
                'expression', case when a.attgenerated <> '' then pg_catalog.pg_get_expr(ad.adbin, c.oid) end,
                'identity', a.attidentity,
                'sequence', case when a.attidentity <> '' then (
                    select pg_catalog.json_build_object(
                        'schema', sn.nspname,
                        'name', sc.relname,
                        'qualified',
                        pg_catalog.quote_ident(sn.nspname) || '.' || pg_catalog.quote_ident(sc.relname),
                        'data_type', pg_catalog.format_type(s.seqtypid, null),
                        'start', s.seqstart,
                        'increment', s.seqincrement,
                        'minimum', s.seqmin,
                        'maximum', s.seqmax,
                        'cache', s.seqcache,
                        'cycle', s.seqcycle
                    )
                    from pg_catalog.pg_depend as d
                    join pg_catalog.pg_sequence as s on s.seqrelid = d.objid
                    join pg_catalog.pg_class as sc on sc.oid = s.seqrelid
                    join pg_catalog.pg_namespace as sn on sn.oid = sc.relnamespace
                    where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = c.oid
                    and d.refobjsubid = a.attnum and d.deptype = 'i'
                    and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                ) end,
                'storage', case when a.attstorage <> at.typstorage then a.attstorage end,
                'compression', nullif(pg_catalog.to_jsonb(a) ->> 'attcompression', ''),
                'options', (
                    select pg_catalog.string_agg(
                        pg_catalog.quote_ident(o.option_name) || ' ' || pg_catalog.quote_literal(o.option_value), ', '
                    )
                    from pg_catalog.pg_options_to_table(a.attfdwoptions) as o
                    where not (:is_secret)
                ),
                'statistics', nullif((pg_catalog.to_jsonb(a) ->> 'attstattarget')::pg_catalog.int4, -1),
                'parameters', a.attoptions,
                'is_local', a.attislocal,
                'inherited', case when a.attinhcount > 0 then (
                    select pg_catalog.json_build_object(
                        'not_null', pg_catalog.bool_or(pa.attnotnull),
                        'default', pg_catalog.min(pg_catalog.pg_get_expr(pd.adbin, 0)) filter (
                            where pa.attgenerated = ''
                        ),
                        'expression', pg_catalog.min(pg_catalog.pg_get_expr(pd.adbin, pa.attrelid)) filter (
                            where pa.attgenerated <> ''
                        ),
                        'storage', nullif(a.attstorage::pg_catalog.text, pg_catalog.min(pa.attstorage::pg_catalog.text)),
                        'compression', nullif(
                            pg_catalog.to_jsonb(a) ->> 'attcompression',
                            pg_catalog.min(pg_catalog.to_jsonb(pa) ->> 'attcompression')
                        )
                    )
                    from pg_catalog.pg_inherits as i
                    join pg_catalog.pg_attribute as pa on pa.attrelid = i.inhparent and pa.attname = a.attname
                    left join pg_catalog.pg_attrdef as pd on pd.adrelid = pa.attrelid and pd.adnum = pa.attnum
                    where i.inhrelid = c.oid
                ) end
            ) order by a.attnum
        )
        from pg_catalog.pg_attribute as a
        join pg_catalog.pg_type as at on at.oid = a.atttypid
        left join pg_catalog.pg_attrdef as ad on ad.adrelid = a.attrelid and ad.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ) as columns,
    (
        select pg_catalog.json_agg(
            pg_catalog.json_build_object(
                'oid', con.oid::pg_catalog.int8,
                'name', con.conname,
                'quoted', pg_catalog.quote_ident(con.conname),
                'form', con.contype,
                'definition', pg_catalog.pg_get_constraintdef(con.oid),
                'is_clustered', coalesce(i.indisclustered, false),
                'is_replica_identity', coalesce(i.indisreplident, false),
                'index', pg_catalog.quote_ident(ic.relname)
            ) order by con.contype <> 'p', con.contype <> 'u', con.contype, con.conname
        )
        from pg_catalog.pg_constraint as con
        left join pg_catalog.pg_index as i on i.indexrelid = con.conindid and con.contype in ('p', 'u', 'x')
        left join pg_catalog.pg_class as ic on ic.oid = i.indexrelid
        where con.conrelid = c.oid and con.contype in ('p', 'u', 'f', 'c', 'x')
        and con.conparentid = 0 and con.conislocal
    ) as constraints
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f')
and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
)
order by n.nspname, c.relname;
