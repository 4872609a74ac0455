-- Sales Flow, feature "email-integration": mailboxes at Gmail, Outlook and IMAP servers, and their messages beside the leads.
--
-- PostgreSQL 12 to 18; core.sql comes first.
--
-- No password and no token is stored here: credentials_ref names an entry of the application's own secret store.

create table email_accounts (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    provider text not null,
    address email_address not null,
    display_name text,
    credentials_ref text not null,
    imap_host text,
    imap_port integer,
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint email_accounts_provider_known check (provider in ('gmail', 'outlook', 'imap')),
    constraint email_accounts_imap_server check ((provider = 'imap') = (imap_host is not null and imap_port is not null)),
    check (imap_port between 1 and 65535),
    unique (id, squad_id)
);

create table email_threads (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    account_id uuid not null,
    lead_id uuid references leads (id) on delete set null,
    provider_thread_id text not null,
    subject text,
    last_message_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint email_threads_provider_id_key unique (account_id, provider_thread_id),
    unique (id, account_id),
    foreign key (account_id, squad_id) references email_accounts (id, squad_id) on delete cascade
);

create table email_messages (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    account_id uuid not null,
    thread_id uuid,
    lead_id uuid references leads (id) on delete set null,
    provider_message_id text not null,
    direction text not null,
    from_address email_address not null,
    to_addresses text[] not null default '{}',
    cc_addresses text[] not null default '{}',
    subject text,
    body_text text,
    body_html text,
    is_read boolean not null default false,
    has_attachments boolean not null default false,
    sent_at timestamptz not null,
    created_at timestamptz not null default now(),
    search tsvector generated always as (to_tsvector('simple', coalesce(subject, '') || ' ' || coalesce(body_text, ''))) stored,
    constraint email_messages_provider_id_key unique (account_id, provider_message_id),
    constraint email_messages_direction_known check (direction in ('inbound', 'outbound')),
    constraint email_messages_account_fkey foreign key (account_id, squad_id) references email_accounts (id, squad_id) on delete cascade,
    constraint email_messages_thread_fkey foreign key (thread_id, account_id) references email_threads (id, account_id) on delete cascade
);

create table email_sync_status (
    account_id uuid primary key references email_accounts (id) on delete cascade,
    state text not null default 'idle',
    sync_cursor text,
    messages_synced bigint not null default 0,
    consecutive_failures integer not null default 0,
    last_error text,
    last_synced_at timestamptz,
    next_sync_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint email_sync_status_state_known check (state in ('idle', 'running', 'failed', 'paused')),
    constraint email_sync_status_failure_has_error check (state <> 'failed' or last_error is not null),
    check (messages_synced >= 0),
    check (consecutive_failures >= 0)
);

-- Indexes

create unique index email_accounts_user_address_key on email_accounts (user_id, lower(address));
create index email_accounts_squad_id_idx on email_accounts (squad_id);
create index email_threads_lead_id_idx on email_threads (lead_id);
create index email_threads_recent_idx on email_threads (account_id, squad_id, last_message_at desc nulls last);
create index email_messages_account_idx on email_messages (account_id, squad_id, sent_at desc);
create index email_messages_thread_idx on email_messages (thread_id, account_id, sent_at);
create index email_messages_lead_idx on email_messages (lead_id, sent_at desc);
create index email_messages_unlinked_idx on email_messages (squad_id, lower(from_address)) where lead_id is null;
create index email_messages_search_idx on email_messages using gin (search);
create index email_sync_status_due_idx on email_sync_status (next_sync_at) where state in ('idle', 'failed');

-- A message finds its lead by the address on the other side: the sender of what came in, the recipients of what went out. When none
-- of them is known, the message goes where its thread went before. A link that somebody set by hand stays (the trigger's WHEN).

create function auto_link_email_to_lead() returns trigger
language plpgsql
as $$
declare
    counterparts text[];
begin
    if new.direction = 'inbound' then
        counterparts := array[lower(new.from_address)];
    else
        select coalesce(array_agg(lower(recipient)), '{}')
        into counterparts
        from unnest(new.to_addresses || new.cc_addresses) as recipient;
    end if;

    select l.id
    into new.lead_id
    from leads l
    where l.squad_id = new.squad_id
        and l.archived_at is null
        and lower(l.email) = any (counterparts)
    order by l.last_contacted_at desc nulls last, l.created_at, l.id
    limit 1;

    if new.lead_id is null and new.thread_id is not null then
        select t.lead_id
        into new.lead_id
        from email_threads t
        where t.id = new.thread_id;
    end if;

    if new.lead_id is not null then
        update leads
        set last_contacted_at = new.sent_at
        where id = new.lead_id and (last_contacted_at is null or last_contacted_at < new.sent_at);

        update email_threads
        set lead_id = new.lead_id
        where id = new.thread_id and lead_id is null;
    end if;

    return new;
end
$$;

comment on function auto_link_email_to_lead() is
    'Trigger: links a message, and its thread, to the lead of the same squad that wrote it or got it, and moves the last contact forward.';

create trigger email_messages_auto_link
    before insert or update of direction, from_address, to_addresses, cc_addresses, thread_id on email_messages
    for each row when (new.lead_id is null)
    execute function auto_link_email_to_lead();

create trigger email_accounts_touch_updated_at before update on email_accounts
    for each row execute function touch_updated_at();

create trigger email_threads_touch_updated_at before update on email_threads
    for each row execute function touch_updated_at();

create trigger email_sync_status_touch_updated_at before update on email_sync_status
    for each row execute function touch_updated_at();

-- Row-level security: a mailbox is its user's; the squad sees those threads and messages that belong to a lead

alter table email_accounts enable row level security;
alter table email_threads enable row level security;
alter table email_messages enable row level security;
alter table email_sync_status enable row level security;

create policy email_accounts_own on email_accounts
    using (squad_id = (select current_squad_id())
        and user_id = (select current_user_id()))
    with check (squad_id = (select current_squad_id())
        and user_id = (select current_user_id()));

-- The policies below look for the account under email_accounts_own, so "exists" means "is mine".

create policy email_threads_own on email_threads
    using (exists (select from email_accounts a where a.id = email_threads.account_id))
    with check (exists (select from email_accounts a where a.id = email_threads.account_id));

create policy email_threads_squad_read on email_threads for select
    using (squad_id = (select current_squad_id()) and lead_id is not null);

create policy email_messages_own on email_messages
    using (exists (select from email_accounts a where a.id = email_messages.account_id))
    with check (exists (select from email_accounts a where a.id = email_messages.account_id));

create policy email_messages_squad_read on email_messages for select
    using (squad_id = (select current_squad_id()) and lead_id is not null);

create policy email_sync_status_own on email_sync_status for select
    using (exists (select from email_accounts a where a.id = email_sync_status.account_id));

-- Comments

comment on table email_accounts is 'A mailbox that a user connected.';
comment on table email_threads is 'A conversation, as the provider groups it.';
comment on table email_messages is 'One message of a connected mailbox, linked to a lead where one is known.';
comment on table email_sync_status is 'How far the synchronisation of each mailbox has come.';
comment on column email_accounts.credentials_ref is 'Name of the entry in the secret store; never the secret itself.';
comment on column email_sync_status.sync_cursor is 'Gmail: history id; Outlook: delta link; IMAP: uidvalidity and last uid.';
