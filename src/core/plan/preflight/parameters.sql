-- The named configuration parameters, with the privileges on them that the role may pass on. PostgreSQL 15 to 18.
-- Privileges by name only, of which an unknown one gives none: waits for no lock, raises nothing.
select
    'parameter' as class,
    wanted.name,
    (
        select coalesce(pg_catalog.array_agg(p.word), '{}')
        from (values ('set'), ('alter system')) as p(word)
        where pg_catalog.has_parameter_privilege(wanted.name, p.word || ' WITH GRANT OPTION')
    ) as grantable
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name);
