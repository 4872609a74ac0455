-- Sales Flow, for the demo only: nine tables of other features, applied after core.sql to an empty database, because a database worth
-- auditing is half way there (6 + 9 = 15 of 59 tables in place). They are as their features create them, without what belongs around:
-- indexes, triggers, comments, and the policies of their row-level security, so that the application finds them empty.

-- ai-knowledge

create table bant_assessments (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    lead_id uuid not null,
    assessed_by uuid references users (id) on delete set null,
    budget smallint not null,
    authority smallint not null,
    need smallint not null,
    timeline smallint not null,
    total smallint generated always as ((budget + authority + need + timeline) / 4) stored,
    comment text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint bant_assessments_lead_key unique (lead_id, squad_id),
    constraint bant_assessments_lead_fkey foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade,
    constraint bant_assessments_range check (least(budget, authority, need, timeline) >= 0
        and greatest(budget, authority, need, timeline) <= 100)
);

alter table bant_assessments enable row level security;

create table personality_profiles (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    lead_id uuid not null,
    dominance smallint not null,
    influence smallint not null,
    steadiness smallint not null,
    conscientiousness smallint not null,
    disg_type text not null generated always as (
        case greatest(dominance, influence, steadiness, conscientiousness)
            when dominance then 'D'
            when influence then 'I'
            when steadiness then 'S'
            else 'G'
        end) stored,
    confidence numeric(3, 2) not null default 0.5,
    source text not null default 'messages',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint personality_profiles_lead_key unique (lead_id, squad_id),
    constraint personality_profiles_lead_fkey foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade,
    constraint personality_profiles_range check (least(dominance, influence, steadiness, conscientiousness) >= 0
        and greatest(dominance, influence, steadiness, conscientiousness) <= 100),
    constraint personality_profiles_source_known check (source in ('messages', 'questionnaire', 'user')),
    check (confidence between 0 and 1)
);

alter table personality_profiles enable row level security;

create table compliance_logs (
    id bigint generated always as identity primary key,
    squad_id uuid not null references squads (id) on delete cascade,
    lead_id uuid references leads (id) on delete set null,
    source_table text not null,
    source_id text not null,
    verdict text not null,
    rules text[] not null default '{}',
    excerpt text,
    checked_at timestamptz not null default now(),
    constraint compliance_logs_verdict_known check (verdict in ('passed', 'flagged', 'blocked')),
    constraint compliance_logs_verdict_has_rules check ((verdict = 'passed') = (rules = '{}'))
);

alter table compliance_logs enable row level security;

create table channel_performance_metrics (
    squad_id uuid not null references squads (id) on delete cascade,
    channel message_channel not null,
    day date not null,
    sent integer not null default 0,
    replied integer not null default 0,
    converted integer not null default 0,
    updated_at timestamptz not null default now(),
    primary key (squad_id, channel, day),
    constraint channel_performance_metrics_counts check (sent >= 0 and replied between 0 and sent and converted between 0 and sent)
);

alter table channel_performance_metrics enable row level security;

create table objection_library (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid references squads (id) on delete cascade,
    category text not null,
    objection text not null,
    response text not null,
    language text not null default 'en',
    times_used integer not null default 0,
    times_helped integer not null default 0,
    is_active boolean not null default true,
    search tsvector generated always as (
        case language when 'de' then to_tsvector('german', objection) else to_tsvector('english', objection) end) stored,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint objection_library_category_known check (category in ('price', 'time', 'trust', 'need', 'competition', 'other')),
    constraint objection_library_language_known check (language in ('de', 'en')),
    constraint objection_library_counts check (times_helped between 0 and times_used)
);

alter table objection_library enable row level security;

create table products (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    sku text not null,
    name text not null,
    description text,
    category text not null default 'general',
    price numeric(12, 2) not null,
    currency text not null default 'EUR',
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint products_sku_key unique (squad_id, sku),
    constraint products_id_squad_id_key unique (id, squad_id),
    constraint products_currency_format check (currency ~ '^[A-Z]{3}$'),
    check (price >= 0)
);

alter table products enable row level security;

create table success_stories (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    product_id uuid references products (id) on delete set null,
    lead_id uuid references leads (id) on delete set null,
    title text not null,
    story text not null,
    consent_given_on date,
    is_published boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint success_stories_published_with_consent check (not is_published or consent_given_on is not null),
    check (story <> '')
);

alter table success_stories enable row level security;

-- compliance

create table user_consents (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    lead_id uuid references leads (id) on delete set null,
    user_id uuid references users (id) on delete set null,
    purpose text not null,
    legal_basis text not null default 'consent',
    wording text not null,
    granted_at timestamptz not null default now(),
    revoked_at timestamptz,
    created_at timestamptz not null default now(),
    -- Of a deleted person the consent stays as a proof, of nobody any more.
    constraint user_consents_one_subject check (num_nonnulls(lead_id, user_id) <= 1),
    constraint user_consents_purpose_known check (purpose in ('contact', 'newsletter', 'profiling', 'recording', 'story', 'enrichment')),
    constraint user_consents_legal_basis_known check (legal_basis in ('consent', 'contract', 'legitimate_interest')),
    check (revoked_at >= granted_at)
);

alter table user_consents enable row level security;

create table data_access_log (
    id bigint generated always as identity primary key,
    squad_id uuid references squads (id) on delete set null,
    user_id uuid references users (id) on delete set null,
    lead_id uuid references leads (id) on delete set null,
    action text not null,
    entity text not null,
    details jsonb not null default '{}',
    accessed_at timestamptz not null default now(),
    constraint data_access_log_action_known check (action in ('view', 'export', 'change', 'anonymize', 'delete'))
);

alter table data_access_log enable row level security;
