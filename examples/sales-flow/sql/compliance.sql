-- Sales Flow, feature "compliance": consents, the log of access, and requests for export and deletion (articles 7, 15, 17 and 20 of the
-- GDPR).
--
-- PostgreSQL 12 to 18; core.sql comes first, and other features may come before or after: both functions ask the catalog which tables
-- speak of a user or of a lead, because a list of them would forget the next feature's.

-- Tables

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

create table data_export_requests (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid references squads (id) on delete set null,
    user_id uuid not null references users (id) on delete cascade,
    status text not null default 'received',
    storage_key text,
    requested_at timestamptz not null default now(),
    due_at timestamptz not null default now() + interval '1 month',
    completed_at timestamptz,
    expires_at timestamptz,
    constraint data_export_requests_status_known check (status in ('received', 'running', 'completed', 'refused')),
    constraint data_export_requests_completed check ((status in ('completed', 'refused')) = (completed_at is not null)),
    constraint data_export_requests_file_expires check (storage_key is null or expires_at is not null),
    check (due_at > requested_at)
);

create table data_deletion_requests (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    lead_id uuid references leads (id) on delete set null,
    requested_by uuid references users (id) on delete set null,
    reason text,
    status text not null default 'received',
    refusal text,
    requested_at timestamptz not null default now(),
    due_at timestamptz not null default now() + interval '1 month',
    completed_at timestamptz,
    constraint data_deletion_requests_status_known check (status in ('received', 'running', 'completed', 'refused')),
    constraint data_deletion_requests_completed check ((status in ('completed', 'refused')) = (completed_at is not null)),
    constraint data_deletion_requests_refusal_explained check ((status = 'refused') = (refusal is not null)),
    check (due_at > requested_at)
);

-- Indexes

create unique index user_consents_lead_purpose_key on user_consents (lead_id, purpose) where revoked_at is null;
create unique index user_consents_user_purpose_key on user_consents (user_id, purpose) where revoked_at is null;
create index user_consents_lead_idx on user_consents (lead_id);
create index user_consents_user_idx on user_consents (user_id);
create index user_consents_squad_idx on user_consents (squad_id, purpose);
create index data_access_log_squad_idx on data_access_log (squad_id, accessed_at desc);
create index data_access_log_user_idx on data_access_log (user_id, accessed_at desc);
create index data_access_log_lead_idx on data_access_log (lead_id, accessed_at desc);
create index data_export_requests_squad_idx on data_export_requests (squad_id);
create index data_export_requests_user_idx on data_export_requests (user_id);
create index data_export_requests_due_idx on data_export_requests (due_at) where completed_at is null;
create index data_deletion_requests_squad_idx on data_deletion_requests (squad_id, requested_at desc);
create index data_deletion_requests_lead_idx on data_deletion_requests (lead_id);
create index data_deletion_requests_requested_by_idx on data_deletion_requests (requested_by);
create index data_deletion_requests_due_idx on data_deletion_requests (due_at) where completed_at is null;

-- What a person may ask for is what a user put in or what tells about him: his own row, and the rows that name him. Row-level security
-- would leave rows out and the answer would be wrong without a word, so that only a role that sees all rows gets one.

create function export_user_data(p_user_id uuid) returns jsonb
language plpgsql
as $$
declare
    v_export jsonb;
    v_squad uuid;
    v_source record;
    v_rows jsonb;
begin
    if row_security_active('users'::regclass) then
        raise exception 'an export under row-level security would be incomplete' using
            errcode = 'insufficient_privilege',
            hint = 'Run it as the owner of the tables.';
    end if;

    select jsonb_build_object('exported_at', now(), 'user', to_jsonb(u)), u.squad_id
    into v_export, v_squad
    from users u
    where u.id = p_user_id;
    if not found then
        raise exception 'there is no user %', p_user_id using errcode = 'no_data_found';
    end if;

    for v_source in
        select c.conrelid::regclass as "table", t.relname as name,
            string_agg(format('r.%I = $1', a.attname), ' or ' order by a.attnum) as condition
        from pg_constraint c
        join pg_class t on t.oid = c.conrelid
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
        where c.contype = 'f' and c.confrelid = 'users'::regclass and cardinality(c.conkey) = 1 and not t.relispartition
        group by c.conrelid, t.relname
        order by t.relname
    loop
        -- Names of secrets and numbers for machines say nothing about the person.
        execute format(
            'select jsonb_agg(to_jsonb(r) - ''{credentials_ref,embedding,search,sync_cursor}''::text[]) from %s r where %s',
            v_source."table", v_source.condition)
        into v_rows
        using p_user_id;
        if v_rows is not null then
            v_export := v_export || jsonb_build_object(v_source.name, v_rows);
        end if;
    end loop;

    insert into data_access_log (squad_id, user_id, action, entity) values (v_squad, p_user_id, 'export', 'users');

    return v_export;
end
$$;

comment on function export_user_data(uuid) is
    'All rows about a user, by table, as JSON, and an entry in the log of access. For the owner of the tables.';

revoke execute on function export_user_data(uuid) from public;

-- A lead that was won stays in the books, as nobody. What would go if the lead were deleted (on delete cascade) goes now, what would
-- only lose the link (on delete set null) loses it; messages and activities stay for the statistics, without a word of what was said.
-- E-mails are copies of what the mailbox has, and hold the address: they go, and so does what was bought from others about it. What
-- proves that all this was lawful stays as it is.

create function anonymize_lead(p_lead_id uuid, p_requested_by uuid default null) returns jsonb
language plpgsql
as $$
declare
    v_lead leads%rowtype;
    v_dependent record;
    v_statement text;
    v_count bigint;
    v_done jsonb := '{}';
begin
    if row_security_active('leads'::regclass) then
        raise exception 'anonymization under row-level security would be incomplete' using
            errcode = 'insufficient_privilege',
            hint = 'Run it as the owner of the tables.';
    end if;

    select * into v_lead from leads l where l.id = p_lead_id for update;
    if not found then
        raise exception 'there is no lead %', p_lead_id using errcode = 'no_data_found';
    end if;

    update leads l
    set first_name = 'Anonymous', last_name = null, email = null, phone = null, company = null, source = 'anonymized',
        tags = '{}', custom_fields = '{}', next_follow_up_at = null, archived_at = coalesce(l.archived_at, now())
    where l.id = p_lead_id;

    update messages m set body = '', external_id = null where m.squad_id = v_lead.squad_id and m.lead_id = p_lead_id;
    update activities a set subject = '', details = '{}' where a.squad_id = v_lead.squad_id and a.lead_id = p_lead_id;

    -- The one table that knows people by their address and not by a key.
    if to_regclass('enriched_data_cache') is not null then
        execute 'delete from enriched_data_cache c where c.squad_id = $1 and c.lookup_key in (lower($2), lower($3))'
        using v_lead.squad_id, v_lead.email::text, v_lead.phone;
    end if;

    for v_dependent in
        select c.conrelid::regclass as "table", t.relname as name, a.attname as "column", c.confdeltype as on_delete
        from pg_constraint c
        join pg_class t on t.oid = c.conrelid
        -- The column that holds the lead, in a key of one column or of several.
        join pg_attribute l on l.attrelid = c.confrelid and l.attname = 'id'
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[array_position(c.confkey, l.attnum)]
        where c.contype = 'f' and c.confrelid = 'leads'::regclass and not t.relispartition
            and t.relname not in (
                'messages', 'activities',
                'user_consents', 'data_access_log', 'data_deletion_requests', 'compliance_logs')
        order by t.relname, a.attname
    loop
        v_statement := case
            when v_dependent.on_delete = 'c' or v_dependent.name = 'email_messages' then
                format('delete from %s where %I = $1', v_dependent."table", v_dependent."column")
            when v_dependent.on_delete = 'n' then
                format('update %s set %I = null where %2$I = $1', v_dependent."table", v_dependent."column")
        end;
        if v_statement is not null then
            execute v_statement using p_lead_id;
            get diagnostics v_count = row_count;
            if v_count > 0 then
                v_done := v_done || jsonb_build_object(
                    v_dependent.name, v_count + coalesce((v_done ->> v_dependent.name)::bigint, 0));
            end if;
        end if;
    end loop;

    update data_deletion_requests r
    set status = 'completed', completed_at = now()
    where r.lead_id = p_lead_id and r.completed_at is null;

    insert into data_access_log (squad_id, user_id, lead_id, action, entity, details)
    values (v_lead.squad_id, p_requested_by, p_lead_id, 'anonymize', 'leads', v_done);

    return v_done;
end
$$;

comment on function anonymize_lead(uuid, uuid) is
    'Makes a lead nobody and returns how many rows were deleted or unlinked in each table. Cannot be undone. For the owner of the tables.';

revoke execute on function anonymize_lead(uuid, uuid) from public;

-- Row-level security. The log and the consents are added to; what was written stays. A consent ends by its date.

alter table user_consents enable row level security;
alter table data_access_log enable row level security;
alter table data_export_requests enable row level security;
alter table data_deletion_requests enable row level security;

create policy user_consents_squad_read on user_consents for select
    using (squad_id = (select current_squad_id()));

create policy user_consents_squad_add on user_consents for insert
    with check (squad_id = (select current_squad_id()));

create policy user_consents_squad_revoke on user_consents for update
    using (squad_id = (select current_squad_id()) and revoked_at is null)
    with check (squad_id = (select current_squad_id()) and revoked_at is not null);

create policy data_access_log_squad_read on data_access_log for select
    using (squad_id = (select current_squad_id()));

create policy data_access_log_squad_add on data_access_log for insert
    with check (squad_id = (select current_squad_id()) and user_id = (select current_user_id()));

create policy data_export_requests_own_read on data_export_requests for select
    using (user_id = (select current_user_id()));

create policy data_export_requests_own_add on data_export_requests for insert
    with check (user_id = (select current_user_id()) and squad_id = (select current_squad_id()) and status = 'received');

create policy data_deletion_requests_squad_read on data_deletion_requests for select
    using (squad_id = (select current_squad_id()));

create policy data_deletion_requests_squad_add on data_deletion_requests for insert
    with check (squad_id = (select current_squad_id()) and status = 'received');

-- Comments

comment on table user_consents is 'Who allowed what, in which words, and until when.';
comment on table data_access_log is 'Who looked at, changed or took out personal data; append-only.';
comment on table data_export_requests is 'A user who wants a copy of their data.';
comment on table data_deletion_requests is 'A lead who wants to be forgotten.';
comment on column data_deletion_requests.due_at is 'The end of the month that article 12 of the GDPR allows.';
