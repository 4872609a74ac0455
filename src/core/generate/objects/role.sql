-- Roles but those of the server, each with its memberships: rows of pg_roles and pg_auth_members. PostgreSQL 12 to 18.
-- Passwords are read nowhere (c10). A role may be there already, since a cluster's databases share them. The options of
-- a membership came with 16: INHERIT is by default what the member's own attribute says.
select
    'pg_authid' as class,
    r.oid::pg_catalog.int8 as oid,
    'role' as words,
    null as schema,
    r.rolname as name,
    pg_catalog.json_build_array(pg_catalog.format(
        E'DO %3$s\nBEGIN\n    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = %1$L) THEN\n'
            '        CREATE ROLE %2$s;\n    END IF;\nEND\n%3$s',
        r.rolname,
        pg_catalog.concat_ws(
            ' ',
            pg_catalog.quote_ident(r.rolname),
            case when r.rolsuper then 'SUPERUSER' else 'NOSUPERUSER' end,
            case when r.rolinherit then 'INHERIT' else 'NOINHERIT' end,
            case when r.rolcreaterole then 'CREATEROLE' else 'NOCREATEROLE' end,
            case when r.rolcreatedb then 'CREATEDB' else 'NOCREATEDB' end,
            case when r.rolcanlogin then 'LOGIN' else 'NOLOGIN' end,
            case when r.rolreplication then 'REPLICATION' else 'NOREPLICATION' end,
            case when r.rolbypassrls then 'BYPASSRLS' else 'NOBYPASSRLS' end,
            case when r.rolconnlimit >= 0 then 'CONNECTION LIMIT ' || r.rolconnlimit end,
            'VALID UNTIL ' || pg_catalog.quote_literal(r.rolvaliduntil)
        ),
        -- What no name can hold with the dollars around it.
        case when r.rolname like '%$$%' then '$role_' || pg_catalog.md5(r.rolname) || '$' else '$$' end
    )) as statements,
    (
        select pg_catalog.json_agg(
            pg_catalog.json_build_object(
                'role', membership.roleid::pg_catalog.int8,
                'statement', pg_catalog.concat(
                    pg_catalog.format('GRANT %I TO %I', g.rolname, r.rolname),
                    ' WITH ' || nullif(
                        pg_catalog.concat_ws(
                            ', ',
                            case when membership.admin then 'ADMIN OPTION' end,
                            case
                                when membership.inherit <> r.rolinherit
                                then 'INHERIT ' || pg_catalog.upper(membership.inherit::pg_catalog.text)
                            end,
                            case when not membership.set then 'SET FALSE' end
                        ),
                        ''
                    )
                )
            ) order by g.rolname
        )
        from (
            select
                m.roleid,
                pg_catalog.bool_or(m.admin_option) as admin,
                pg_catalog.bool_or((pg_catalog.to_jsonb(m) ->> 'inherit_option')::pg_catalog.bool) as inherit,
                pg_catalog.bool_or((pg_catalog.to_jsonb(m) ->> 'set_option')::pg_catalog.bool) as set
            from pg_catalog.pg_auth_members as m
            where m.member = r.oid
            group by m.roleid
        ) as membership
        join pg_catalog.pg_roles as g on g.oid = membership.roleid
    ) as memberships
from pg_catalog.pg_roles as r
where r.oid >= 16384
order by r.rolname;
