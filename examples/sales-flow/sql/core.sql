-- Sales Flow, feature "core": users, squads, leads and what happens with them.
--
-- PostgreSQL 12 to 18. Names are unqualified: they belong to the schema that comes first in search_path, so that one schema per
-- tenant group works too. The files of the features are applied once each, as migrations are: a table that is there already, in
-- another shape, is to be an error and no silence.
--
-- A squad is the tenant. The application connects as a role that does not own the tables, and says at the start of each transaction
-- for whom it works:
--   set local app.squad_id = '...';
--   set local app.user_id = '...';
-- Without these settings, no row is visible. The owner of the tables (migrations, background jobs) is not restricted.

-- An extension belongs to the whole database, where another schema may have asked for it before.
create extension if not exists "uuid-ossp";

create type user_role as enum ('member', 'leader', 'admin');
create type lead_status as enum ('new', 'contacted', 'qualified', 'proposal', 'won', 'lost');
create type message_channel as enum ('email', 'sms', 'whatsapp', 'instagram', 'facebook', 'linkedin');

create domain email_address as text
    constraint email_address_format check (value ~ '^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$');

comment on type lead_status is 'The steps of the sales pipeline, in order; won and lost are final.';
comment on domain email_address is 'One e-mail address without a display name. Case is kept; compare with lower().';

-- Policies ask `(select current_squad_id())`: as a subquery it runs once in a statement, not once for each row. An unset setting is
-- null in a new session and the empty string in one where a transaction has set it before, as in a pool: both mean nobody.

create function current_squad_id() returns uuid
language sql
stable
parallel safe
as $$
    select nullif(current_setting('app.squad_id', true), '')::uuid
$$;

create function current_user_id() returns uuid
language sql
stable
parallel safe
as $$
    select nullif(current_setting('app.user_id', true), '')::uuid
$$;

comment on function current_squad_id() is 'The squad for which the application works in this transaction; null when it did not say.';
comment on function current_user_id() is 'The user for whom the application works in this transaction; null when it did not say.';

-- Tables

create table squads (
    id uuid primary key default uuid_generate_v4(),
    name text not null,
    slug text not null,
    owner_id uuid not null,
    time_zone text not null default 'UTC',
    settings jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint squads_slug_key unique (slug),
    constraint squads_slug_format check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    check (length(name) between 1 and 120)
);

create table users (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid references squads (id) on delete set null,
    email email_address not null,
    full_name text not null,
    role user_role not null default 'member',
    locale varchar(10) not null default 'en',
    is_active boolean not null default true,
    last_seen_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (full_name <> '')
);

-- A squad is led by a user and a user is in a squad: the second of the two keys has to wait for both tables.
alter table squads add constraint squads_owner_id_fkey
    foreign key (owner_id) references users (id) on delete restrict;

create table leads (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    owner_id uuid references users (id) on delete set null,
    created_by uuid references users (id) on delete set null,
    first_name text,
    last_name text,
    full_name text generated always as (btrim(coalesce(first_name, '') || ' ' || coalesce(last_name, ''))) stored,
    email email_address,
    phone varchar(32),
    company text,
    source text not null default 'manual',
    status lead_status not null default 'new',
    score smallint not null default 0,
    estimated_value numeric(12, 2),
    tags text[] not null default '{}',
    custom_fields jsonb not null default '{}',
    last_contacted_at timestamptz,
    next_follow_up_at timestamptz,
    archived_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint leads_score_range check (score between 0 and 100),
    constraint leads_reachable check (first_name is not null or last_name is not null or email is not null or phone is not null),
    check (estimated_value >= 0),
    unique (id, squad_id)
);

-- The key (lead_id, squad_id) in the next three tables keeps a row from pointing at a lead of another squad.

create table activities (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    lead_id uuid not null,
    user_id uuid references users (id) on delete set null,
    kind text not null,
    subject text not null,
    details jsonb not null default '{}',
    due_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint activities_kind_known check (kind in ('call', 'meeting', 'task', 'follow_up', 'status_change')),
    constraint activities_lead_fkey foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade
);

create table messages (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    lead_id uuid not null,
    user_id uuid references users (id) on delete set null,
    channel message_channel not null,
    direction text not null,
    body text not null,
    external_id text,
    sent_at timestamptz not null default now(),
    read_at timestamptz,
    created_at timestamptz not null default now(),
    constraint messages_direction_known check (direction in ('inbound', 'outbound')),
    constraint messages_external_id_key unique (squad_id, channel, external_id),
    check (read_at >= sent_at),
    foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade
);

create table notes (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    lead_id uuid not null,
    author_id uuid not null references users (id) on delete cascade,
    body text not null,
    is_private boolean not null default false,
    is_pinned boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (body <> ''),
    foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade
);

-- Indexes. Each foreign key has one that starts with its columns: deleting a squad, a user or a lead looks for the rows below it.

create unique index users_email_lower_key on users (lower(email));
create index users_squad_id_idx on users (squad_id);
create index squads_owner_id_idx on squads (owner_id);

create unique index leads_squad_email_key on leads (squad_id, lower(email)) where email is not null and archived_at is null;
create index leads_squad_status_idx on leads (squad_id, status, score desc);
create index leads_owner_id_idx on leads (owner_id);
create index leads_created_by_idx on leads (created_by);
create index leads_follow_up_idx on leads (squad_id, next_follow_up_at)
    where next_follow_up_at is not null and archived_at is null and status not in ('won', 'lost');
create index leads_tags_idx on leads using gin (tags);
create index leads_custom_fields_idx on leads using gin (custom_fields jsonb_path_ops);

create index activities_lead_idx on activities (squad_id, lead_id, created_at desc);
create index activities_user_idx on activities (user_id, completed_at desc);
create index activities_open_idx on activities (user_id, due_at) where completed_at is null;
create index messages_lead_idx on messages (squad_id, lead_id, sent_at desc) include (channel, direction);
create index messages_user_idx on messages (user_id, sent_at desc);
create index notes_lead_idx on notes (squad_id, lead_id, is_pinned desc, created_at desc);
create index notes_author_id_idx on notes (author_id);

-- Keeping updated_at

create function touch_updated_at() returns trigger
language plpgsql
as $$
begin
    new.updated_at := now();
    return new;
end
$$;

comment on function touch_updated_at() is 'Trigger: sets updated_at to the time of the transaction that changes the row.';

create trigger squads_touch_updated_at before update on squads
    for each row execute function touch_updated_at();

create trigger users_touch_updated_at before update on users
    for each row execute function touch_updated_at();

create trigger leads_touch_updated_at before update on leads
    for each row execute function touch_updated_at();

create trigger activities_touch_updated_at before update on activities
    for each row execute function touch_updated_at();

create trigger notes_touch_updated_at before update on notes
    for each row execute function touch_updated_at();

-- Row-level security: a squad sees and changes its own rows only

alter table squads enable row level security;
alter table users enable row level security;
alter table leads enable row level security;
alter table activities enable row level security;
alter table messages enable row level security;
alter table notes enable row level security;

create policy squads_read on squads for select
    using (id = (select current_squad_id()));

create policy squads_update_by_owner on squads for update
    using (id = (select current_squad_id())
        and owner_id = (select current_user_id()))
    with check (id = (select current_squad_id()));

create policy users_read on users for select
    using (squad_id = (select current_squad_id())
        or id = (select current_user_id()));

-- Without the condition on squad_id, users could move themselves into any squad. Policies know no columns, so keep `role` out of what
-- the application may update: grant update (full_name, locale, last_seen_at) on users to ...
create policy users_update_self on users for update
    using (id = (select current_user_id()))
    with check (id = (select current_user_id())
        and squad_id is not distinct from (select current_squad_id()));

create policy leads_squad on leads
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy activities_squad on activities
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy messages_squad on messages
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy notes_squad on notes
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy notes_private_to_author on notes as restrictive
    using (not is_private or author_id = (select current_user_id()));

comment on policy notes_private_to_author on notes is
    'Restrictive: it narrows notes_squad, so that a private note is for its author alone.';

-- Comments

comment on table squads is 'A team that shares its leads: the tenant.';
comment on table users is 'People who work with the product. A user is in one squad, or in none yet.';
comment on table leads is 'People or companies that may buy, or may join the team.';
comment on table activities is 'What was done, or is to be done, with a lead.';
comment on table messages is 'What was written to a lead and what came back, on any channel.';
comment on table notes is 'Free text on a lead; private notes are for their author alone.';
comment on column leads.score is '0 (cold) to 100 (hot).';
comment on column leads.archived_at is 'Set when the lead was merged into another one or put away; the address is free again then.';
comment on column messages.external_id is 'The id that the channel gave the message; keeps a second import from doubling it.';
