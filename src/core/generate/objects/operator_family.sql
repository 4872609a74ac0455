-- Operator families, with members that belong to no class: rows of pg_opfamily. PostgreSQL 12 to 18.
select
    'pg_opfamily' as class,
    f.oid::pg_catalog.int8 as oid,
    'operator family' as words,
    n.nspname as schema,
    f.opfname as name,
    case
        when loose.members is null then pg_catalog.json_build_array(made.statement)
        else pg_catalog.json_build_array(
            made.statement,
            pg_catalog.format(
                E'ALTER OPERATOR FAMILY %I.%I USING %I ADD\n    %s', n.nspname, f.opfname, am.amname, loose.members
            )
        )
    end as statements
from pg_catalog.pg_opfamily as f
join pg_catalog.pg_namespace as n on n.oid = f.opfnamespace
join pg_catalog.pg_am as am on am.oid = f.opfmethod
cross join lateral (
    select pg_catalog.format('CREATE OPERATOR FAMILY %I.%I USING %I', n.nspname, f.opfname, am.amname) as statement
) as made
cross join lateral (
    select
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
                where md.refclassid = 'pg_catalog.pg_opfamily'::pg_catalog.regclass and md.refobjid = f.oid
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
                where md.refclassid = 'pg_catalog.pg_opfamily'::pg_catalog.regclass and md.refobjid = f.oid
                and md.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass
            ) as member
        ) as members
) as loose
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_opfamily'::pg_catalog.regclass and d.objid = f.oid and d.deptype in ('e', 'i')
)
order by n.nspname, f.opfname, am.amname;
