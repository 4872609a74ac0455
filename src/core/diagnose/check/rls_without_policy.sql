-- Tables with row-level security and no policy. PostgreSQL 12 to 18.
with :scope
select r.schema, r.relname as table, r.relforcerowsecurity as forced
from relations as r
where r.relkind in ('r', 'p') and r.relrowsecurity
and not exists (select from pg_catalog.pg_policy as p where p.polrelid = r.oid)
order by r.schema, r.relname;
