-- Sales Flow, feature "import-export": CSV files, Salesforce and HubSpot.
--
-- PostgreSQL 12 to 18; core.sql comes first.

create table data_mappings (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    created_by uuid references users (id) on delete set null,
    name text not null,
    system text not null,
    entity text not null,
    columns jsonb not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint data_mappings_name_key unique (squad_id, name),
    constraint data_mappings_id_squad_id_key unique (id, squad_id),
    constraint data_mappings_system_known check (system in ('csv', 'salesforce', 'hubspot')),
    constraint data_mappings_entity_known check (entity in ('leads', 'activities', 'messages', 'notes', 'products')),
    constraint data_mappings_columns_not_empty check (jsonb_typeof(columns) = 'object' and columns <> '{}')
);

create table import_jobs (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    mapping_id uuid,
    created_by uuid references users (id) on delete set null,
    system text not null,
    file_name text,
    status text not null default 'queued',
    total_rows integer,
    imported_rows integer not null default 0,
    skipped_rows integer not null default 0,
    errors jsonb not null default '[]',
    -- Where an interrupted import goes on: the line of a file, or the cursor of an interface.
    resume_from text,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    -- A mapping that was used stays: without it, nobody can tell what the import did.
    constraint import_jobs_mapping_fkey foreign key (mapping_id, squad_id) references data_mappings (id, squad_id) on delete no action,
    constraint import_jobs_system_known check (system in ('csv', 'salesforce', 'hubspot')),
    constraint import_jobs_status_known check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    constraint import_jobs_finished check ((status in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null)),
    constraint import_jobs_csv_has_file check (system <> 'csv' or file_name is not null),
    constraint import_jobs_counts check (imported_rows >= 0 and skipped_rows >= 0 and imported_rows + skipped_rows <= total_rows),
    check (jsonb_typeof(errors) = 'array')
);

create table export_jobs (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    mapping_id uuid,
    created_by uuid references users (id) on delete set null,
    system text not null,
    filter jsonb not null default '{}',
    status text not null default 'queued',
    exported_rows integer not null default 0,
    storage_key text,
    error text,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    expires_at timestamptz,
    constraint export_jobs_mapping_fkey foreign key (mapping_id, squad_id) references data_mappings (id, squad_id) on delete no action,
    constraint export_jobs_system_known check (system in ('csv', 'salesforce', 'hubspot')),
    constraint export_jobs_status_known check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    constraint export_jobs_finished check ((status in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null)),
    constraint export_jobs_failure_has_error check (status <> 'failed' or error is not null),
    -- A file with personal data that nobody fetches must not lie there for ever.
    constraint export_jobs_file_expires check (storage_key is null or expires_at is not null),
    check (exported_rows >= 0)
);

-- Indexes

create index data_mappings_created_by_idx on data_mappings (created_by);
create index import_jobs_squad_idx on import_jobs (squad_id, created_at desc);
create index import_jobs_mapping_idx on import_jobs (mapping_id, squad_id);
create index import_jobs_created_by_idx on import_jobs (created_by);
create index import_jobs_queued_idx on import_jobs (created_at) where status = 'queued';
create index export_jobs_squad_idx on export_jobs (squad_id, created_at desc);
create index export_jobs_mapping_idx on export_jobs (mapping_id, squad_id);
create index export_jobs_created_by_idx on export_jobs (created_by);
create index export_jobs_queued_idx on export_jobs (created_at) where status = 'queued';
create index export_jobs_expires_idx on export_jobs (expires_at) where storage_key is not null;

create trigger data_mappings_touch_updated_at before update on data_mappings
    for each row execute function touch_updated_at();

-- Row-level security

alter table data_mappings enable row level security;
alter table import_jobs enable row level security;
alter table export_jobs enable row level security;

create policy data_mappings_squad on data_mappings
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy import_jobs_squad on import_jobs
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

-- An export leaves the house: whoever asked for it gets it, and nobody else.
create policy export_jobs_own on export_jobs
    using (squad_id = (select current_squad_id()) and created_by = (select current_user_id()))
    with check (squad_id = (select current_squad_id()) and created_by = (select current_user_id()));

-- Comments

comment on table data_mappings is 'Which column of a file or a foreign system is which of ours.';
comment on table import_jobs is 'An import, with what was taken and what was not.';
comment on table export_jobs is 'An export, with the file that it made.';
comment on column import_jobs.errors is 'An array of {"row": 7, "column": "email", "message": "..."}; the first hundred.';
