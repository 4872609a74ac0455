-- Sales Flow, feature "social-lead-gen": social media accounts, the jobs that find leads there, and rules that act by themselves.
--
-- PostgreSQL 12 to 18; core.sql comes first.
--
-- No password and no token is stored here: credentials_ref names an entry of the application's own secret store.

create table social_media_accounts (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    platform text not null,
    handle text not null,
    credentials_ref text not null,
    is_active boolean not null default true,
    token_expires_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint social_media_accounts_platform_known check (platform in ('instagram', 'facebook', 'linkedin', 'tiktok', 'youtube')),
    constraint social_media_accounts_id_squad_id_key unique (id, squad_id),
    check (handle <> '')
);

create table lead_generation_jobs (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    account_id uuid not null,
    created_by uuid references users (id) on delete set null,
    kind text not null,
    query jsonb not null,
    status text not null default 'queued',
    found integer not null default 0,
    error text,
    run_after timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    created_at timestamptz not null default now(),
    constraint lead_generation_jobs_account_fkey
        foreign key (account_id, squad_id) references social_media_accounts (id, squad_id) on delete cascade,
    constraint lead_generation_jobs_id_squad_id_key unique (id, squad_id),
    constraint lead_generation_jobs_kind_known check (kind in ('hashtag', 'followers', 'commenters', 'search', 'group')),
    constraint lead_generation_jobs_status_known check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    constraint lead_generation_jobs_finished check ((status in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null)),
    constraint lead_generation_jobs_failure_has_error check (status <> 'failed' or error is not null),
    check (finished_at >= started_at),
    check (found >= 0)
);

create table auto_generated_leads (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    job_id uuid not null,
    lead_id uuid references leads (id) on delete cascade,
    profile_url text not null,
    display_name text,
    profile jsonb not null default '{}',
    quality smallint not null default 0,
    decision text not null default 'pending',
    decided_by uuid references users (id) on delete set null,
    decided_at timestamptz,
    created_at timestamptz not null default now(),
    constraint auto_generated_leads_job_fkey
        foreign key (job_id, squad_id) references lead_generation_jobs (id, squad_id) on delete cascade,
    -- A profile is offered to a squad once, whichever job finds it again.
    constraint auto_generated_leads_profile_key unique (squad_id, profile_url),
    constraint auto_generated_leads_decision_known check (decision in ('pending', 'accepted', 'rejected', 'duplicate')),
    constraint auto_generated_leads_decided check ((decision = 'pending') = (decided_at is null)),
    check (quality between 0 and 100)
);

create table social_media_interactions (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    account_id uuid not null,
    lead_id uuid references leads (id) on delete cascade,
    kind text not null,
    direction text not null,
    external_id text not null,
    content text,
    occurred_at timestamptz not null,
    created_at timestamptz not null default now(),
    constraint social_media_interactions_account_fkey
        foreign key (account_id, squad_id) references social_media_accounts (id, squad_id) on delete cascade,
    constraint social_media_interactions_external_id_key unique (account_id, external_id),
    constraint social_media_interactions_kind_known check (kind in ('like', 'comment', 'mention', 'follow', 'share', 'direct_message')),
    constraint social_media_interactions_direction_known check (direction in ('inbound', 'outbound'))
);

create table automation_rules (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    created_by uuid references users (id) on delete set null,
    name text not null,
    event text not null,
    conditions jsonb not null default '{}',
    actions jsonb not null,
    is_active boolean not null default false,
    runs bigint not null default 0,
    last_run_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint automation_rules_name_key unique (squad_id, name),
    constraint automation_rules_event_known check (
        event in ('lead_created', 'status_changed', 'message_received', 'interaction', 'no_contact')
    ),
    constraint automation_rules_has_actions check (jsonb_typeof(actions) = 'array' and actions <> '[]'),
    check (jsonb_typeof(conditions) = 'object'),
    check (runs >= 0)
);

-- Indexes

create unique index social_media_accounts_handle_key on social_media_accounts (squad_id, platform, lower(handle));
create index social_media_accounts_user_idx on social_media_accounts (user_id);
create index lead_generation_jobs_account_idx on lead_generation_jobs (account_id, squad_id, created_at desc);
create index lead_generation_jobs_created_by_idx on lead_generation_jobs (created_by);
create index lead_generation_jobs_due_idx on lead_generation_jobs (run_after) where status = 'queued';
create index auto_generated_leads_job_idx on auto_generated_leads (job_id, squad_id);
create index auto_generated_leads_lead_idx on auto_generated_leads (lead_id);
create index auto_generated_leads_decided_by_idx on auto_generated_leads (decided_by);
create index auto_generated_leads_pending_idx on auto_generated_leads (squad_id, quality desc) where decision = 'pending';
create index social_media_interactions_account_idx on social_media_interactions (account_id, squad_id, occurred_at desc);
create index social_media_interactions_lead_idx on social_media_interactions (lead_id, occurred_at desc);
create index automation_rules_created_by_idx on automation_rules (created_by);
create index automation_rules_active_idx on automation_rules (squad_id, event) where is_active;

-- Keeping updated_at

create trigger social_media_accounts_touch_updated_at before update on social_media_accounts
    for each row execute function touch_updated_at();

create trigger automation_rules_touch_updated_at before update on automation_rules
    for each row execute function touch_updated_at();

-- Row-level security

alter table social_media_accounts enable row level security;
alter table lead_generation_jobs enable row level security;
alter table auto_generated_leads enable row level security;
alter table social_media_interactions enable row level security;
alter table automation_rules enable row level security;

create policy social_media_accounts_squad_read on social_media_accounts for select
    using (squad_id = (select current_squad_id()));

create policy social_media_accounts_own on social_media_accounts
    using (squad_id = (select current_squad_id()) and user_id = (select current_user_id()))
    with check (squad_id = (select current_squad_id()) and user_id = (select current_user_id()));

create policy lead_generation_jobs_squad on lead_generation_jobs
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy auto_generated_leads_squad on auto_generated_leads
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy social_media_interactions_squad on social_media_interactions
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy automation_rules_squad on automation_rules
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

-- Comments

comment on table social_media_accounts is 'An account at a social network; the squad sees it, its user changes it.';
comment on table lead_generation_jobs is 'A search for leads, queued or done.';
comment on table auto_generated_leads is 'A profile that a job found; a lead once somebody accepted it.';
comment on table social_media_interactions is 'What happened between an account and the people there.';
comment on table automation_rules is 'What is to happen by itself on an event.';
comment on column social_media_accounts.credentials_ref is 'Name of the entry in the secret store; never the secret itself.';
