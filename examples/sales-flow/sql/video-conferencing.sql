-- Sales Flow, feature "video-conferencing": meetings at Zoom, Teams and Google Meet, with recordings and transcripts.
--
-- PostgreSQL 12 to 18; core.sql comes first.

create table video_meetings (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    host_id uuid not null references users (id) on delete cascade,
    lead_id uuid references leads (id) on delete cascade,
    provider text not null,
    external_id text not null,
    title text not null,
    join_url text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    status text not null default 'scheduled',
    attendees text[] not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint video_meetings_external_id_key unique (provider, external_id),
    constraint video_meetings_id_squad_id_key unique (id, squad_id),
    constraint video_meetings_provider_known check (provider in ('zoom', 'teams', 'google_meet')),
    constraint video_meetings_status_known check (status in ('scheduled', 'running', 'ended', 'cancelled', 'missed')),
    constraint video_meetings_join_url_format check (join_url ~ '^https://'),
    check (ends_at > starts_at)
);

create table meeting_recordings (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    meeting_id uuid not null,
    storage_key text not null,
    media_type text not null,
    duration interval not null,
    size_bytes bigint not null,
    -- Recording somebody without their consent is an offence in many countries.
    consent_confirmed_at timestamptz not null,
    delete_after timestamptz,
    created_at timestamptz not null default now(),
    constraint meeting_recordings_meeting_fkey
        foreign key (meeting_id, squad_id) references video_meetings (id, squad_id) on delete cascade,
    constraint meeting_recordings_storage_key_key unique (storage_key),
    constraint meeting_recordings_id_squad_id_key unique (id, squad_id),
    check (duration > interval '0'),
    check (size_bytes > 0)
);

create table meeting_transcripts (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    recording_id uuid not null,
    language text not null,
    content text not null,
    segments jsonb not null default '[]',
    summary text,
    search tsvector generated always as (to_tsvector('simple', content)) stored,
    created_at timestamptz not null default now(),
    constraint meeting_transcripts_recording_fkey
        foreign key (recording_id, squad_id) references meeting_recordings (id, squad_id) on delete cascade,
    constraint meeting_transcripts_language_key unique (recording_id, language),
    constraint meeting_transcripts_language_format check (language ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    check (jsonb_typeof(segments) = 'array')
);

-- Indexes

create index video_meetings_squad_idx on video_meetings (squad_id, starts_at desc);
create index video_meetings_host_idx on video_meetings (host_id, starts_at desc);
create index video_meetings_lead_idx on video_meetings (lead_id);
create index meeting_recordings_meeting_idx on meeting_recordings (meeting_id, squad_id);
create index meeting_recordings_delete_after_idx on meeting_recordings (delete_after);
create index meeting_transcripts_recording_idx on meeting_transcripts (recording_id, squad_id);
create index meeting_transcripts_search_idx on meeting_transcripts using gin (search);

create trigger video_meetings_touch_updated_at before update on video_meetings
    for each row execute function touch_updated_at();

-- Row-level security

alter table video_meetings enable row level security;
alter table meeting_recordings enable row level security;
alter table meeting_transcripts enable row level security;

create policy video_meetings_squad on video_meetings
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy meeting_recordings_squad on meeting_recordings
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy meeting_transcripts_squad on meeting_transcripts
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

-- Comments

comment on table video_meetings is 'A meeting with a lead, or of the squad.';
comment on table meeting_recordings is 'A recording of a meeting; the file is in the object store.';
comment on table meeting_transcripts is 'What was said in a recording, in one language.';
comment on column meeting_transcripts.segments is 'An array of {"from": 12.5, "to": 17.0, "speaker": "...", "text": "..."}, in seconds.';
