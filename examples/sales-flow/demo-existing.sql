-- Sales Flow, for the demo only: bare forms of nine tables of other features, applied after core.sql to an empty database, because a
-- database worth auditing is half way there (6 + 9 = 15 of 59 tables in place). Every statement may be run again.

-- ai-knowledge

create table if not exists products (
    id uuid primary key default uuid_generate_v4(),
    name text not null,
    price numeric(12, 2),
    created_at timestamptz not null default now()
);

create table if not exists knowledge_base (
    id uuid primary key default uuid_generate_v4(),
    title text not null,
    content text not null,
    created_at timestamptz not null default now()
);

create table if not exists objection_library (
    id uuid primary key default uuid_generate_v4(),
    objection text not null,
    response text not null
);

create table if not exists success_stories (
    id uuid primary key default uuid_generate_v4(),
    product_id uuid references products (id),
    title text not null,
    story text not null
);

create table if not exists bant_assessments (
    id uuid primary key default uuid_generate_v4(),
    lead_id uuid not null references leads (id) on delete cascade,
    budget smallint,
    authority smallint,
    need smallint,
    timeline smallint
);

create table if not exists personality_profiles (
    id uuid primary key default uuid_generate_v4(),
    lead_id uuid not null references leads (id) on delete cascade,
    disg_type char(1),
    created_at timestamptz not null default now()
);

create table if not exists compliance_logs (
    id bigint generated always as identity primary key,
    lead_id uuid references leads (id) on delete set null,
    message text not null,
    logged_at timestamptz not null default now()
);

-- compliance

create table if not exists user_consents (
    id uuid primary key default uuid_generate_v4(),
    lead_id uuid not null references leads (id) on delete cascade,
    purpose text not null,
    granted_at timestamptz not null default now(),
    revoked_at timestamptz
);

create table if not exists data_access_log (
    id bigint generated always as identity primary key,
    user_id uuid references users (id) on delete set null,
    lead_id uuid references leads (id) on delete set null,
    accessed_at timestamptz not null default now()
);
