-- expect: default_privilege/for auditor_owner in shop on tables to auditor_app
alter default privileges for role auditor_owner in schema shop revoke select on tables from auditor_app;
