-- Sales Flow, feature "lead-enrichment": data on leads from Clearbit, Hunter and ZoomInfo, and its cache.
--
-- PostgreSQL 12 to 18; core.sql comes first.

create table lead_enrichment_jobs (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    lead_id uuid not null,
    requested_by uuid references users (id) on delete set null,
    provider text not null,
    status text not null default 'queued',
    attempts smallint not null default 0,
    fields_found text[] not null default '{}',
    cost_credits integer not null default 0,
    error text,
    run_after timestamptz not null default now(),
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    constraint lead_enrichment_jobs_lead_fkey foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade,
    constraint lead_enrichment_jobs_provider_known check (provider in ('clearbit', 'hunter', 'zoominfo')),
    constraint lead_enrichment_jobs_status_known check (status in ('queued', 'running', 'succeeded', 'not_found', 'failed')),
    constraint lead_enrichment_jobs_finished check ((status in ('succeeded', 'not_found', 'failed')) = (finished_at is not null)),
    constraint lead_enrichment_jobs_failure_has_error check (status <> 'failed' or error is not null),
    check (attempts >= 0),
    check (cost_credits >= 0)
);

-- The providers' terms forbid to pass data on from one customer to another, so that each squad has a cache of its own.
create table enriched_data_cache (
    squad_id uuid not null references squads (id) on delete cascade,
    provider text not null,
    lookup_kind text not null,
    lookup_key text not null,
    data jsonb not null,
    fetched_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '30 days',
    primary key (squad_id, provider, lookup_kind, lookup_key),
    constraint enriched_data_cache_provider_known check (provider in ('clearbit', 'hunter', 'zoominfo')),
    constraint enriched_data_cache_lookup_kind_known check (lookup_kind in ('email', 'domain', 'company', 'phone')),
    constraint enriched_data_cache_lookup_key_folded check (lookup_key = lower(lookup_key) and lookup_key <> ''),
    check (expires_at > fetched_at)
);

-- Indexes

create index lead_enrichment_jobs_lead_idx on lead_enrichment_jobs (squad_id, lead_id, created_at desc);
create index lead_enrichment_jobs_requested_by_idx on lead_enrichment_jobs (requested_by);
create index lead_enrichment_jobs_due_idx on lead_enrichment_jobs (run_after) where status = 'queued';
-- A second click must not pay twice.
create unique index lead_enrichment_jobs_running_key on lead_enrichment_jobs (lead_id, provider) where status in ('queued', 'running');
create index enriched_data_cache_expires_idx on enriched_data_cache (expires_at);

-- Row-level security

alter table lead_enrichment_jobs enable row level security;
alter table enriched_data_cache enable row level security;

create policy lead_enrichment_jobs_squad on lead_enrichment_jobs
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy enriched_data_cache_squad on enriched_data_cache
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

-- Comments

comment on table lead_enrichment_jobs is 'A question to a provider about a lead, queued or answered.';
comment on table enriched_data_cache is 'Answers of providers, as they came, until they expire.';
comment on column enriched_data_cache.lookup_key is 'What was asked for, in lower case.';
