-- Operator classes with their members: rows of pg_opclass. PostgreSQL 12 to 18.
select
    'pg_opclass' as class,
    o.oid::pg_catalog.int8 as oid,
    'operator class' as words,
    n.nspname as schema,
    o.opcname as name,
    pg_catalog.json_build_array(pg_catalog.format(
        E'CREATE OPERATOR CLASS %I.%I%s\n    FOR TYPE %s USING %I FAMILY %I.%I AS\n    %s',
        n.nspname,
        o.opcname,
        case when o.opcdefault then ' DEFAULT' else '' end,
        pg_catalog.format_type(o.opcintype, null),
        am.amname,
        fn.nspname,
        f.opfname,
        coalesce(nullif(pg_catalog.concat_ws(
            E',\n    ',
            case when o.opckeytype not in (0, o.opcintype) then 'STORAGE ' || pg_catalog.format_type(o.opckeytype, null) end,
            (
            select pg_catalog.string_agg(member.text, E',\n    ' order by member.sort, member.number, member.text)
            from (
                select
                    1 as sort,
                    am.amopstrategy as number,
                    pg_catalog.format(
                        'OPERATOR %s %I.%s (%s, %s)%s',
                        am.amopstrategy,
                        mn.nspname,
                        mo.oprname,
                        pg_catalog.format_type(am.amoplefttype, null),
                        pg_catalog.format_type(am.amoprighttype, null),
                        (
                            select pg_catalog.format(' FOR ORDER BY %I.%I', sn.nspname, sf.opfname)
                            from pg_catalog.pg_opfamily as sf
                            join pg_catalog.pg_namespace as sn on sn.oid = sf.opfnamespace
                            where sf.oid = am.amopsortfamily
                        )
                    ) as text
                from pg_catalog.pg_depend as md
                join pg_catalog.pg_amop as am on am.oid = md.objid
                join pg_catalog.pg_operator as mo on mo.oid = am.amopopr
                join pg_catalog.pg_namespace as mn on mn.oid = mo.oprnamespace
                where md.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass and md.refobjid = o.oid
                and md.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass
                union all
                select
                    2,
                    ap.amprocnum,
                    pg_catalog.format(
                        'FUNCTION %s (%s, %s) %I.%I(%s)',
                        ap.amprocnum,
                        pg_catalog.format_type(ap.amproclefttype, null),
                        pg_catalog.format_type(ap.amprocrighttype, null),
                        mn.nspname,
                        mp.proname,
                        pg_catalog.pg_get_function_identity_arguments(mp.oid)
                    )
                from pg_catalog.pg_depend as md
                join pg_catalog.pg_amproc as ap on ap.oid = md.objid
                join pg_catalog.pg_proc as mp on mp.oid = ap.amproc::pg_catalog.oid
                join pg_catalog.pg_namespace as mn on mn.oid = mp.pronamespace
                where md.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass and md.refobjid = o.oid
                and md.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass
            ) as member
        )
        ), ''), 'STORAGE ' || pg_catalog.format_type(o.opcintype, null))
    )) as statements
from pg_catalog.pg_opclass as o
join pg_catalog.pg_namespace as n on n.oid = o.opcnamespace
join pg_catalog.pg_am as am on am.oid = o.opcmethod
join pg_catalog.pg_opfamily as f on f.oid = o.opcfamily
join pg_catalog.pg_namespace as fn on fn.oid = f.opfnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_opclass'::pg_catalog.regclass and d.objid = o.oid and d.deptype in ('e', 'i')
)
order by n.nspname, o.opcname, am.amname;
