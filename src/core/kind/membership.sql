-- The wanted memberships of roles in roles: rows of pg_auth_members. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege (pg_authid would, c10), raises nothing (c5, c8). Names match
-- exactly (c12): schemas holds the roles, names their members. From 16 on there is a row for each grantor, with options
-- of its own; any of them gives what it gives.
select
    pair.role,
    pair.member,
    pg_catalog.bool_or(m.admin_option) as admin,
    pg_catalog.bool_or((pg_catalog.to_jsonb(m) ->> 'inherit_option')::pg_catalog.bool) as inherit,
    pg_catalog.bool_or((pg_catalog.to_jsonb(m) ->> 'set_option')::pg_catalog.bool) as set
from rows from (
    pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
) as pair(role, member)
join pg_catalog.pg_roles as r on r.rolname = pair.role
join pg_catalog.pg_roles as u on u.rolname = pair.member
join pg_catalog.pg_auth_members as m on m.roleid = r.oid and m.member = u.oid
group by pair.role, pair.member
order by pair.role, pair.member;
