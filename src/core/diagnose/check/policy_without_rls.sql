-- Tables with policies whose row-level security is off. PostgreSQL 12 to 18.
with :scope
select r.schema, r.relname as table, pg_catalog.json_agg(p.polname order by p.polname) as policies
from relations as r
join pg_catalog.pg_policy as p on p.polrelid = r.oid
where not r.relrowsecurity
group by r.schema, r.relname
order by r.schema, r.relname;
