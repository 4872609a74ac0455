-- Which object names which role, and which one owns it: rows of pg_shdepend, whose roles are those that somebody made.
-- PostgreSQL 12 to 18. Those that an object names are in access lists (a) and policies (r); default privileges and
-- user mappings are of a role, which counts as their owner (o).
select
    c.relname as class,
    d.objid::pg_catalog.int8 as oid,
    r.oid::pg_catalog.int8 as role,
    pg_catalog.quote_ident(r.rolname) as quoted,
    d.deptype = 'o' and c.relname not in ('pg_default_acl', 'pg_user_mapping') as owns
from pg_catalog.pg_shdepend as d
join pg_catalog.pg_class as c on c.oid = d.classid
join pg_catalog.pg_roles as r on r.oid = d.refobjid
where d.dbid = (
    select db.oid
    from pg_catalog.pg_database as db
    where db.datname = pg_catalog.current_database()
)
and d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
and d.deptype in ('a', 'r', 'o') and r.oid >= 16384
order by 1, 2, 4;
