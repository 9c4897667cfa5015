--
-- PostgreSQL database dump
--

\restrict ATYQL4KHaHaHnSvOoa3cz4PzkjrH2dUf6CEaz9YZU8rutru7fsnItFd6qNjcqMf

-- Dumped from database version 15.20 (Debian 15.20-0+deb12u1)
-- Dumped by pg_dump version 15.20 (Debian 15.20-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: alembic_version; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: asset_check_executions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.asset_check_executions (
    id bigint NOT NULL,
    asset_key text,
    check_name text,
    partition text,
    run_id character varying(255),
    execution_status character varying(255),
    evaluation_event text,
    evaluation_event_timestamp timestamp without time zone,
    evaluation_event_storage_id bigint,
    materialization_event_storage_id bigint,
    create_timestamp timestamp without time zone DEFAULT CURRENT_TIMESTAMP
);


--
-- Name: asset_check_executions_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.asset_check_executions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: asset_check_executions_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.asset_check_executions_id_seq OWNED BY public.asset_check_executions.id;


--
-- Name: asset_daemon_asset_evaluations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.asset_daemon_asset_evaluations (
    id bigint NOT NULL,
    evaluation_id bigint,
    asset_key text,
    asset_evaluation_body text,
    num_requested integer,
    num_skipped integer,
    num_discarded integer,
    create_timestamp timestamp without time zone DEFAULT CURRENT_TIMESTAMP
);


--
-- Name: asset_daemon_asset_evaluations_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.asset_daemon_asset_evaluations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: asset_daemon_asset_evaluations_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.asset_daemon_asset_evaluations_id_seq OWNED BY public.asset_daemon_asset_evaluations.id;


--
-- Name: asset_event_tags; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.asset_event_tags (
    id bigint NOT NULL,
    event_id bigint,
    asset_key text NOT NULL,
    key text NOT NULL,
    value text,
    event_timestamp timestamp without time zone
);


--
-- Name: asset_event_tags_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.asset_event_tags_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: asset_event_tags_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.asset_event_tags_id_seq OWNED BY public.asset_event_tags.id;


--
-- Name: asset_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.asset_keys (
    id bigint NOT NULL,
    asset_key character varying(512),
    last_materialization text,
    last_run_id character varying(255),
    asset_details text,
    wipe_timestamp timestamp without time zone,
    last_materialization_timestamp timestamp without time zone,
    tags text,
    create_timestamp timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    cached_status_data text
);


--
-- Name: asset_keys_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.asset_keys_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: asset_keys_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.asset_keys_id_seq OWNED BY public.asset_keys.id;


--
-- Name: bulk_actions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.bulk_actions (
    id bigint NOT NULL,
    key character varying(32) NOT NULL,
    status character varying(255) NOT NULL,
    "timestamp" timestamp without time zone NOT NULL,
    body text,
    action_type character varying(32),
    selector_id text
);


--
-- Name: bulk_actions_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.bulk_actions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: bulk_actions_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.bulk_actions_id_seq OWNED BY public.bulk_actions.id;


--
-- Name: concurrency_slots; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.concurrency_slots (
    id bigint NOT NULL,
    concurrency_key text NOT NULL,
    run_id text,
    step_key text,
    deleted boolean NOT NULL,
    create_timestamp timestamp without time zone DEFAULT CURRENT_TIMESTAMP
);


--
-- Name: concurrency_slots_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.concurrency_slots_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: concurrency_slots_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.concurrency_slots_id_seq OWNED BY public.concurrency_slots.id;


--
-- Name: daemon_heartbeats; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.daemon_heartbeats (
    id bigint NOT NULL,
    daemon_type character varying(255) NOT NULL,
    daemon_id character varying(255),
    "timestamp" timestamp without time zone NOT NULL,
    body text
);


--
-- Name: daemon_heartbeats_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.daemon_heartbeats_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: daemon_heartbeats_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.daemon_heartbeats_id_seq OWNED BY public.daemon_heartbeats.id;


--
-- Name: dynamic_partitions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.dynamic_partitions (
    id bigint NOT NULL,
    partitions_def_name text NOT NULL,
    partition text NOT NULL,
    create_timestamp timestamp without time zone DEFAULT CURRENT_TIMESTAMP
);


--
-- Name: dynamic_partitions_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.dynamic_partitions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: dynamic_partitions_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.dynamic_partitions_id_seq OWNED BY public.dynamic_partitions.id;


--
-- Name: event_logs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.event_logs (
    id bigint NOT NULL,
    run_id character varying(255),
    event text NOT NULL,
    dagster_event_type text,
    "timestamp" timestamp without time zone,
    step_key text,
    asset_key text,
    partition text
);


--
-- Name: event_logs_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.event_logs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: event_logs_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.event_logs_id_seq OWNED BY public.event_logs.id;


--
-- Name: instance_info; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.instance_info (
    id bigint NOT NULL,
    run_storage_id text
);


--
-- Name: instance_info_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.instance_info_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: instance_info_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.instance_info_id_seq OWNED BY public.instance_info.id;


--
-- Name: instigators; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.instigators (
    id bigint NOT NULL,
    selector_id character varying(255),
    repository_selector_id character varying(255),
    status character varying(63),
    instigator_type character varying(63),
    instigator_body text,
    create_timestamp timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    update_timestamp timestamp without time zone DEFAULT CURRENT_TIMESTAMP
);


--
-- Name: instigators_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.instigators_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: instigators_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.instigators_id_seq OWNED BY public.instigators.id;


--
-- Name: job_ticks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.job_ticks (
    id bigint NOT NULL,
    job_origin_id character varying(255),
    selector_id character varying(255),
    status character varying(63),
    type character varying(63),
    "timestamp" timestamp without time zone,
    tick_body text,
    create_timestamp timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    update_timestamp timestamp without time zone DEFAULT CURRENT_TIMESTAMP
);


--
-- Name: job_ticks_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.job_ticks_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: job_ticks_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.job_ticks_id_seq OWNED BY public.job_ticks.id;


--
-- Name: jobs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.jobs (
    id bigint NOT NULL,
    job_origin_id character varying(255),
    selector_id character varying(255),
    repository_origin_id character varying(255),
    status character varying(63),
    job_type character varying(63),
    job_body text,
    create_timestamp timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    update_timestamp timestamp without time zone DEFAULT CURRENT_TIMESTAMP
);


--
-- Name: jobs_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: jobs_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.jobs_id_seq OWNED BY public.jobs.id;


--
-- Name: kvs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.kvs (
    id bigint NOT NULL,
    key text NOT NULL,
    value text
);


--
-- Name: kvs_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.kvs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: kvs_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.kvs_id_seq OWNED BY public.kvs.id;


--
-- Name: pending_steps; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pending_steps (
    id bigint NOT NULL,
    concurrency_key text NOT NULL,
    run_id text,
    step_key text,
    priority integer,
    assigned_timestamp timestamp without time zone,
    create_timestamp timestamp without time zone DEFAULT CURRENT_TIMESTAMP
);


--
-- Name: pending_steps_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.pending_steps_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: pending_steps_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.pending_steps_id_seq OWNED BY public.pending_steps.id;


--
-- Name: run_tags; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.run_tags (
    id bigint NOT NULL,
    run_id character varying(255),
    key text,
    value text
);


--
-- Name: run_tags_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.run_tags_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: run_tags_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.run_tags_id_seq OWNED BY public.run_tags.id;


--
-- Name: runs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.runs (
    id bigint NOT NULL,
    run_id character varying(255),
    snapshot_id character varying(255),
    pipeline_name text,
    mode text,
    status character varying(63),
    run_body text,
    partition text,
    partition_set text,
    create_timestamp timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    update_timestamp timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    start_time double precision,
    end_time double precision
);


--
-- Name: runs_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.runs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: runs_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.runs_id_seq OWNED BY public.runs.id;


--
-- Name: secondary_indexes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.secondary_indexes (
    id bigint NOT NULL,
    name character varying(512),
    create_timestamp timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    migration_completed timestamp without time zone
);


--
-- Name: secondary_indexes_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.secondary_indexes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: secondary_indexes_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.secondary_indexes_id_seq OWNED BY public.secondary_indexes.id;


--
-- Name: snapshots; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.snapshots (
    id bigint NOT NULL,
    snapshot_id character varying(255) NOT NULL,
    snapshot_body bytea NOT NULL,
    snapshot_type character varying(63) NOT NULL
);


--
-- Name: snapshots_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.snapshots_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: snapshots_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.snapshots_id_seq OWNED BY public.snapshots.id;


--
-- Name: asset_check_executions id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.asset_check_executions ALTER COLUMN id SET DEFAULT nextval('public.asset_check_executions_id_seq'::regclass);


--
-- Name: asset_daemon_asset_evaluations id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.asset_daemon_asset_evaluations ALTER COLUMN id SET DEFAULT nextval('public.asset_daemon_asset_evaluations_id_seq'::regclass);


--
-- Name: asset_event_tags id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.asset_event_tags ALTER COLUMN id SET DEFAULT nextval('public.asset_event_tags_id_seq'::regclass);


--
-- Name: asset_keys id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.asset_keys ALTER COLUMN id SET DEFAULT nextval('public.asset_keys_id_seq'::regclass);


--
-- Name: bulk_actions id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bulk_actions ALTER COLUMN id SET DEFAULT nextval('public.bulk_actions_id_seq'::regclass);


--
-- Name: concurrency_slots id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.concurrency_slots ALTER COLUMN id SET DEFAULT nextval('public.concurrency_slots_id_seq'::regclass);


--
-- Name: daemon_heartbeats id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.daemon_heartbeats ALTER COLUMN id SET DEFAULT nextval('public.daemon_heartbeats_id_seq'::regclass);


--
-- Name: dynamic_partitions id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dynamic_partitions ALTER COLUMN id SET DEFAULT nextval('public.dynamic_partitions_id_seq'::regclass);


--
-- Name: event_logs id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.event_logs ALTER COLUMN id SET DEFAULT nextval('public.event_logs_id_seq'::regclass);


--
-- Name: instance_info id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.instance_info ALTER COLUMN id SET DEFAULT nextval('public.instance_info_id_seq'::regclass);


--
-- Name: instigators id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.instigators ALTER COLUMN id SET DEFAULT nextval('public.instigators_id_seq'::regclass);


--
-- Name: job_ticks id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_ticks ALTER COLUMN id SET DEFAULT nextval('public.job_ticks_id_seq'::regclass);


--
-- Name: jobs id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.jobs ALTER COLUMN id SET DEFAULT nextval('public.jobs_id_seq'::regclass);


--
-- Name: kvs id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.kvs ALTER COLUMN id SET DEFAULT nextval('public.kvs_id_seq'::regclass);


--
-- Name: pending_steps id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pending_steps ALTER COLUMN id SET DEFAULT nextval('public.pending_steps_id_seq'::regclass);


--
-- Name: run_tags id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run_tags ALTER COLUMN id SET DEFAULT nextval('public.run_tags_id_seq'::regclass);


--
-- Name: runs id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs ALTER COLUMN id SET DEFAULT nextval('public.runs_id_seq'::regclass);


--
-- Name: secondary_indexes id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.secondary_indexes ALTER COLUMN id SET DEFAULT nextval('public.secondary_indexes_id_seq'::regclass);


--
-- Name: snapshots id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.snapshots ALTER COLUMN id SET DEFAULT nextval('public.snapshots_id_seq'::regclass);


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.alembic_version (version_num) FROM stdin;
ec80dd91891a
\.


--
-- Data for Name: asset_check_executions; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.asset_check_executions (id, asset_key, check_name, partition, run_id, execution_status, evaluation_event, evaluation_event_timestamp, evaluation_event_storage_id, materialization_event_storage_id, create_timestamp) FROM stdin;
\.


--
-- Data for Name: asset_daemon_asset_evaluations; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.asset_daemon_asset_evaluations (id, evaluation_id, asset_key, asset_evaluation_body, num_requested, num_skipped, num_discarded, create_timestamp) FROM stdin;
\.


--
-- Data for Name: asset_event_tags; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.asset_event_tags (id, event_id, asset_key, key, value, event_timestamp) FROM stdin;
\.


--
-- Data for Name: asset_keys; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.asset_keys (id, asset_key, last_materialization, last_run_id, asset_details, wipe_timestamp, last_materialization_timestamp, tags, create_timestamp, cached_status_data) FROM stdin;
1	["blog_production"]	{"__class__": "EventLogRecord", "event_log_entry": {"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepMaterializationData", "asset_lineage": [], "materialization": {"__class__": "AssetMaterialization", "asset_key": {"__class__": "AssetKey", "path": ["blog_production"]}, "description": "a deployment", "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "JsonMetadataEntryData", "data": {"actor": "ada", "environment": "production", "id": "2024-01-04T12:00:00+00:00", "kind": "deploy", "outcome": "succeeded", "release": {"app": "blog", "commit": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "digest": "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "repository": "registry.example.org/blog", "version": "1.1.0"}, "run": "08e1318d-3a78-421f-8477-9e9387b3fa40", "seconds": 12.5, "started": "2024-01-04T12:00:00+00:00"}}, "label": "deployment"}], "partition": null, "tags": null}}, "event_type_value": "ASSET_MATERIALIZATION", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": "blog_production_deploy"}, "message": "a deployment", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": "blog_production_deploy", "timestamp": 1795718688.8156354, "user_message": "a deployment"}, "storage_id": 41}	08e1318d-3a78-421f-8477-9e9387b3fa40	\N	\N	2026-11-26 18:44:48.815635	\N	2026-11-26 18:44:47.811298	\N
\.


--
-- Data for Name: bulk_actions; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.bulk_actions (id, key, status, "timestamp", body, action_type, selector_id) FROM stdin;
\.


--
-- Data for Name: concurrency_slots; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.concurrency_slots (id, concurrency_key, run_id, step_key, deleted, create_timestamp) FROM stdin;
\.


--
-- Data for Name: daemon_heartbeats; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.daemon_heartbeats (id, daemon_type, daemon_id, "timestamp", body) FROM stdin;
\.


--
-- Data for Name: dynamic_partitions; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.dynamic_partitions (id, partitions_def_name, partition, create_timestamp) FROM stdin;
\.


--
-- Data for Name: event_logs; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.event_logs (id, run_id, event, dagster_event_type, "timestamp", step_key, asset_key, partition) FROM stdin;
1	7801f2b3-3545-4f78-a37a-a2dea88daf93	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_START", "logging_tags": {}, "message": "Started execution of run for \\"blog_deploy\\".", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": null, "timestamp": 1795718687.6073973, "user_message": "Started execution of run for \\"blog_deploy\\"."}	PIPELINE_START	2026-11-26 18:44:47.607397	\N	\N	\N
2	7801f2b3-3545-4f78-a37a-a2dea88daf93	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "6630"}, "label": "pid"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "['deploy']"}, "label": "step_keys"}]}, "event_type_value": "ENGINE_EVENT", "logging_tags": {}, "message": "Executing steps in process (pid: 6630)", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": null, "timestamp": 1795718687.670974, "user_message": "Executing steps in process (pid: 6630)"}	ENGINE_EVENT	2026-11-26 18:44:47.670974	\N	\N	\N
3	7801f2b3-3545-4f78-a37a-a2dea88daf93	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": "resources", "metadata_entries": []}, "event_type_value": "RESOURCE_INIT_STARTED", "logging_tags": {}, "message": "Starting initialization of resources [io_manager].", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": "blog_production_deploy", "timestamp": 1795718687.684352, "user_message": "Starting initialization of resources [io_manager]."}	RESOURCE_INIT_STARTED	2026-11-26 18:44:47.684352	deploy	\N	\N
4	7801f2b3-3545-4f78-a37a-a2dea88daf93	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": "resources", "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "PythonArtifactMetadataEntryData", "module": "dagster._core.storage.mem_io_manager", "name": "InMemoryIOManager"}, "label": "io_manager"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "0.06ms"}, "label": "io_manager:init_time"}]}, "event_type_value": "RESOURCE_INIT_SUCCESS", "logging_tags": {}, "message": "Finished initialization of resources [io_manager].", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": "blog_production_deploy", "timestamp": 1795718687.692428, "user_message": "Finished initialization of resources [io_manager]."}	RESOURCE_INIT_SUCCESS	2026-11-26 18:44:47.692428	deploy	\N	\N
5	7801f2b3-3545-4f78-a37a-a2dea88daf93	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "ComputeLogsCaptureData", "external_stderr_url": null, "external_stdout_url": null, "external_url": null, "log_key": "rowddrpf", "step_keys": ["deploy"]}, "event_type_value": "LOGS_CAPTURED", "logging_tags": {}, "message": "Started capturing logs in process (pid: 6630).", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": null, "timestamp": 1795718687.718984, "user_message": "Started capturing logs in process (pid: 6630)."}	LOGS_CAPTURED	2026-11-26 18:44:47.718984	\N	\N	\N
6	7801f2b3-3545-4f78-a37a-a2dea88daf93	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "STEP_START", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": "blog_production_deploy"}, "message": "Started execution of step \\"deploy\\".", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": "blog_production_deploy", "timestamp": 1795718687.7400062, "user_message": "Started execution of step \\"deploy\\"."}	STEP_START	2026-11-26 18:44:47.740006	deploy	\N	\N
7	7801f2b3-3545-4f78-a37a-a2dea88daf93	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepMaterializationData", "asset_lineage": [], "materialization": {"__class__": "AssetMaterialization", "asset_key": {"__class__": "AssetKey", "path": ["blog_production"]}, "description": "a deployment", "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "JsonMetadataEntryData", "data": {"actor": "ada", "environment": "production", "id": "2024-01-01T12:00:00+00:00", "kind": "deploy", "outcome": "succeeded", "release": {"app": "blog", "commit": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "digest": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "repository": "registry.example.org/blog", "version": "1.0.0"}, "run": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "seconds": 12.5, "started": "2024-01-01T12:00:00+00:00"}}, "label": "deployment"}], "partition": null, "tags": null}}, "event_type_value": "ASSET_MATERIALIZATION", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": "blog_production_deploy"}, "message": "a deployment", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": "blog_production_deploy", "timestamp": 1795718687.7732284, "user_message": "a deployment"}	ASSET_MATERIALIZATION	2026-11-26 18:44:47.773228	deploy	["blog_production"]	\N
8	7801f2b3-3545-4f78-a37a-a2dea88daf93	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepOutputData", "metadata_entries": [], "step_output_handle": {"__class__": "StepOutputHandle", "mapping_key": null, "output_name": "result", "step_key": "blog_production_deploy"}, "type_check_data": {"__class__": "TypeCheckData", "description": null, "label": "result", "metadata_entries": [], "success": true}, "version": null}, "event_type_value": "STEP_OUTPUT", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": "blog_production_deploy"}, "message": "Yielded output \\"result\\" of type \\"Nothing\\". (Type check passed).", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": "blog_production_deploy", "timestamp": 1795718687.8149467, "user_message": "Yielded output \\"result\\" of type \\"Nothing\\". (Type check passed)."}	STEP_OUTPUT	2026-11-26 18:44:47.814947	deploy	\N	\N
9	7801f2b3-3545-4f78-a37a-a2dea88daf93	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "HandledOutputData", "manager_key": "io_manager", "metadata_entries": [], "output_name": "result"}, "event_type_value": "HANDLED_OUTPUT", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": "blog_production_deploy"}, "message": "Handled output \\"result\\" using IO manager \\"io_manager\\"", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": "blog_production_deploy", "timestamp": 1795718687.8285851, "user_message": "Handled output \\"result\\" using IO manager \\"io_manager\\""}	HANDLED_OUTPUT	2026-11-26 18:44:47.828585	deploy	\N	\N
10	7801f2b3-3545-4f78-a37a-a2dea88daf93	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepSuccessData", "duration_ms": 64.30417700175894}, "event_type_value": "STEP_SUCCESS", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": "blog_production_deploy"}, "message": "Finished execution of step \\"deploy\\" in 64ms.", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": "blog_production_deploy", "timestamp": 1795718687.8372047, "user_message": "Finished execution of step \\"deploy\\" in 64ms."}	STEP_SUCCESS	2026-11-26 18:44:47.837205	deploy	\N	\N
11	7801f2b3-3545-4f78-a37a-a2dea88daf93	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "6630"}, "label": "pid"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "['deploy']"}, "label": "step_keys"}]}, "event_type_value": "ENGINE_EVENT", "logging_tags": {}, "message": "Finished steps in process (pid: 6630) in 235ms", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": null, "timestamp": 1795718687.9189456, "user_message": "Finished steps in process (pid: 6630) in 235ms"}	ENGINE_EVENT	2026-11-26 18:44:47.918946	\N	\N	\N
12	7801f2b3-3545-4f78-a37a-a2dea88daf93	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_SUCCESS", "logging_tags": {}, "message": "Finished execution of run for \\"blog_deploy\\".", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "step_key": null, "timestamp": 1795718687.9296958, "user_message": "Finished execution of run for \\"blog_deploy\\"."}	PIPELINE_SUCCESS	2026-11-26 18:44:47.929696	\N	\N	\N
13	3ad7e539-adbb-4cec-8638-37385edc7cdb	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_START", "logging_tags": {}, "message": "Started execution of run for \\"blog_deploy\\".", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": null, "timestamp": 1795718688.0330036, "user_message": "Started execution of run for \\"blog_deploy\\"."}	PIPELINE_START	2026-11-26 18:44:48.033004	\N	\N	\N
14	3ad7e539-adbb-4cec-8638-37385edc7cdb	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "6630"}, "label": "pid"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "['deploy']"}, "label": "step_keys"}]}, "event_type_value": "ENGINE_EVENT", "logging_tags": {}, "message": "Executing steps in process (pid: 6630)", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": null, "timestamp": 1795718688.0764675, "user_message": "Executing steps in process (pid: 6630)"}	ENGINE_EVENT	2026-11-26 18:44:48.076468	\N	\N	\N
35	08e1318d-3a78-421f-8477-9e9387b3fa40	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_START", "logging_tags": {}, "message": "Started execution of run for \\"blog_deploy\\".", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": null, "timestamp": 1795718688.7004802, "user_message": "Started execution of run for \\"blog_deploy\\"."}	PIPELINE_START	2026-11-26 18:44:48.70048	\N	\N	\N
15	3ad7e539-adbb-4cec-8638-37385edc7cdb	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": "resources", "metadata_entries": []}, "event_type_value": "RESOURCE_INIT_STARTED", "logging_tags": {}, "message": "Starting initialization of resources [io_manager].", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": "blog_production_deploy", "timestamp": 1795718688.087281, "user_message": "Starting initialization of resources [io_manager]."}	RESOURCE_INIT_STARTED	2026-11-26 18:44:48.087281	deploy	\N	\N
16	3ad7e539-adbb-4cec-8638-37385edc7cdb	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": "resources", "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "PythonArtifactMetadataEntryData", "module": "dagster._core.storage.mem_io_manager", "name": "InMemoryIOManager"}, "label": "io_manager"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "0.07ms"}, "label": "io_manager:init_time"}]}, "event_type_value": "RESOURCE_INIT_SUCCESS", "logging_tags": {}, "message": "Finished initialization of resources [io_manager].", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": "blog_production_deploy", "timestamp": 1795718688.0966275, "user_message": "Finished initialization of resources [io_manager]."}	RESOURCE_INIT_SUCCESS	2026-11-26 18:44:48.096627	deploy	\N	\N
17	3ad7e539-adbb-4cec-8638-37385edc7cdb	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "ComputeLogsCaptureData", "external_stderr_url": null, "external_stdout_url": null, "external_url": null, "log_key": "kxbfogne", "step_keys": ["deploy"]}, "event_type_value": "LOGS_CAPTURED", "logging_tags": {}, "message": "Started capturing logs in process (pid: 6630).", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": null, "timestamp": 1795718688.114006, "user_message": "Started capturing logs in process (pid: 6630)."}	LOGS_CAPTURED	2026-11-26 18:44:48.114006	\N	\N	\N
18	3ad7e539-adbb-4cec-8638-37385edc7cdb	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "STEP_START", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": "blog_production_deploy"}, "message": "Started execution of step \\"deploy\\".", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": "blog_production_deploy", "timestamp": 1795718688.134481, "user_message": "Started execution of step \\"deploy\\"."}	STEP_START	2026-11-26 18:44:48.134481	deploy	\N	\N
19	3ad7e539-adbb-4cec-8638-37385edc7cdb	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepMaterializationData", "asset_lineage": [], "materialization": {"__class__": "AssetMaterialization", "asset_key": {"__class__": "AssetKey", "path": ["blog_production"]}, "description": "a deployment", "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "JsonMetadataEntryData", "data": {"actor": "ada", "environment": "production", "id": "2024-01-02T12:00:00+00:00", "kind": "deploy", "outcome": "succeeded", "release": {"app": "blog", "commit": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "digest": "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "repository": "registry.example.org/blog", "version": "1.1.0"}, "run": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "seconds": 12.5, "started": "2024-01-02T12:00:00+00:00"}}, "label": "deployment"}], "partition": null, "tags": null}}, "event_type_value": "ASSET_MATERIALIZATION", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": "blog_production_deploy"}, "message": "a deployment", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": "blog_production_deploy", "timestamp": 1795718688.1523495, "user_message": "a deployment"}	ASSET_MATERIALIZATION	2026-11-26 18:44:48.152349	deploy	["blog_production"]	\N
20	3ad7e539-adbb-4cec-8638-37385edc7cdb	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepOutputData", "metadata_entries": [], "step_output_handle": {"__class__": "StepOutputHandle", "mapping_key": null, "output_name": "result", "step_key": "blog_production_deploy"}, "type_check_data": {"__class__": "TypeCheckData", "description": null, "label": "result", "metadata_entries": [], "success": true}, "version": null}, "event_type_value": "STEP_OUTPUT", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": "blog_production_deploy"}, "message": "Yielded output \\"result\\" of type \\"Nothing\\". (Type check passed).", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": "blog_production_deploy", "timestamp": 1795718688.1712034, "user_message": "Yielded output \\"result\\" of type \\"Nothing\\". (Type check passed)."}	STEP_OUTPUT	2026-11-26 18:44:48.171203	deploy	\N	\N
21	3ad7e539-adbb-4cec-8638-37385edc7cdb	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "HandledOutputData", "manager_key": "io_manager", "metadata_entries": [], "output_name": "result"}, "event_type_value": "HANDLED_OUTPUT", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": "blog_production_deploy"}, "message": "Handled output \\"result\\" using IO manager \\"io_manager\\"", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": "blog_production_deploy", "timestamp": 1795718688.1794357, "user_message": "Handled output \\"result\\" using IO manager \\"io_manager\\""}	HANDLED_OUTPUT	2026-11-26 18:44:48.179436	deploy	\N	\N
22	3ad7e539-adbb-4cec-8638-37385edc7cdb	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepSuccessData", "duration_ms": 37.82414400484413}, "event_type_value": "STEP_SUCCESS", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": "blog_production_deploy"}, "message": "Finished execution of step \\"deploy\\" in 37ms.", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": "blog_production_deploy", "timestamp": 1795718688.1899824, "user_message": "Finished execution of step \\"deploy\\" in 37ms."}	STEP_SUCCESS	2026-11-26 18:44:48.189982	deploy	\N	\N
23	3ad7e539-adbb-4cec-8638-37385edc7cdb	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "6630"}, "label": "pid"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "['deploy']"}, "label": "step_keys"}]}, "event_type_value": "ENGINE_EVENT", "logging_tags": {}, "message": "Finished steps in process (pid: 6630) in 162ms", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": null, "timestamp": 1795718688.2490335, "user_message": "Finished steps in process (pid: 6630) in 162ms"}	ENGINE_EVENT	2026-11-26 18:44:48.249033	\N	\N	\N
24	3ad7e539-adbb-4cec-8638-37385edc7cdb	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_SUCCESS", "logging_tags": {}, "message": "Finished execution of run for \\"blog_deploy\\".", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "step_key": null, "timestamp": 1795718688.2596729, "user_message": "Finished execution of run for \\"blog_deploy\\"."}	PIPELINE_SUCCESS	2026-11-26 18:44:48.259673	\N	\N	\N
25	2790831a-e583-483f-ad53-448640cefabf	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_START", "logging_tags": {}, "message": "Started execution of run for \\"blog_deploy\\".", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "2790831a-e583-483f-ad53-448640cefabf", "step_key": null, "timestamp": 1795718688.384984, "user_message": "Started execution of run for \\"blog_deploy\\"."}	PIPELINE_START	2026-11-26 18:44:48.384984	\N	\N	\N
26	2790831a-e583-483f-ad53-448640cefabf	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "6630"}, "label": "pid"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "['deploy']"}, "label": "step_keys"}]}, "event_type_value": "ENGINE_EVENT", "logging_tags": {}, "message": "Executing steps in process (pid: 6630)", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "2790831a-e583-483f-ad53-448640cefabf", "step_key": null, "timestamp": 1795718688.4223168, "user_message": "Executing steps in process (pid: 6630)"}	ENGINE_EVENT	2026-11-26 18:44:48.422317	\N	\N	\N
27	2790831a-e583-483f-ad53-448640cefabf	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": "resources", "metadata_entries": []}, "event_type_value": "RESOURCE_INIT_STARTED", "logging_tags": {}, "message": "Starting initialization of resources [io_manager].", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "2790831a-e583-483f-ad53-448640cefabf", "step_key": "blog_production_deploy", "timestamp": 1795718688.4337065, "user_message": "Starting initialization of resources [io_manager]."}	RESOURCE_INIT_STARTED	2026-11-26 18:44:48.433707	deploy	\N	\N
34	2790831a-e583-483f-ad53-448640cefabf	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "PipelineFailureData", "error": null}, "event_type_value": "PIPELINE_FAILURE", "logging_tags": {}, "message": "Execution of run for \\"blog_deploy\\" failed. Steps failed: ['deploy'].", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 40, "message": "", "pipeline_name": "blog_deploy", "run_id": "2790831a-e583-483f-ad53-448640cefabf", "step_key": null, "timestamp": 1795718688.5844731, "user_message": "Execution of run for \\"blog_deploy\\" failed. Steps failed: ['deploy']."}	PIPELINE_FAILURE	2026-11-26 18:44:48.584473	\N	\N	\N
28	2790831a-e583-483f-ad53-448640cefabf	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": "resources", "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "PythonArtifactMetadataEntryData", "module": "dagster._core.storage.mem_io_manager", "name": "InMemoryIOManager"}, "label": "io_manager"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "0.06ms"}, "label": "io_manager:init_time"}]}, "event_type_value": "RESOURCE_INIT_SUCCESS", "logging_tags": {}, "message": "Finished initialization of resources [io_manager].", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "2790831a-e583-483f-ad53-448640cefabf", "step_key": "blog_production_deploy", "timestamp": 1795718688.4432642, "user_message": "Finished initialization of resources [io_manager]."}	RESOURCE_INIT_SUCCESS	2026-11-26 18:44:48.443264	deploy	\N	\N
29	2790831a-e583-483f-ad53-448640cefabf	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "ComputeLogsCaptureData", "external_stderr_url": null, "external_stdout_url": null, "external_url": null, "log_key": "qsyqyium", "step_keys": ["deploy"]}, "event_type_value": "LOGS_CAPTURED", "logging_tags": {}, "message": "Started capturing logs in process (pid: 6630).", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "2790831a-e583-483f-ad53-448640cefabf", "step_key": null, "timestamp": 1795718688.4533103, "user_message": "Started capturing logs in process (pid: 6630)."}	LOGS_CAPTURED	2026-11-26 18:44:48.45331	\N	\N	\N
30	2790831a-e583-483f-ad53-448640cefabf	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "STEP_START", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "2790831a-e583-483f-ad53-448640cefabf", "step_key": "blog_production_deploy"}, "message": "Started execution of step \\"deploy\\".", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "2790831a-e583-483f-ad53-448640cefabf", "step_key": "blog_production_deploy", "timestamp": 1795718688.4721687, "user_message": "Started execution of step \\"deploy\\"."}	STEP_START	2026-11-26 18:44:48.472169	deploy	\N	\N
31	2790831a-e583-483f-ad53-448640cefabf	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "AssetObservationData", "asset_observation": {"__class__": "AssetObservation", "asset_key": {"__class__": "AssetKey", "path": ["blog_production"]}, "description": "a deployment", "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "JsonMetadataEntryData", "data": {"actor": "ada", "environment": "production", "id": "2024-01-03T12:00:00+00:00", "kind": "deploy", "outcome": "failed", "release": {"app": "blog", "commit": "cccccccccccccccccccccccccccccccccccccccc", "digest": "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "repository": "registry.example.org/blog", "version": "1.2.0"}, "run": "2790831a-e583-483f-ad53-448640cefabf", "seconds": 12.5, "started": "2024-01-03T12:00:00+00:00"}}, "label": "deployment"}], "partition": null, "tags": {}}}, "event_type_value": "ASSET_OBSERVATION", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "2790831a-e583-483f-ad53-448640cefabf", "step_key": "blog_production_deploy"}, "message": null, "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "2790831a-e583-483f-ad53-448640cefabf", "step_key": "blog_production_deploy", "timestamp": 1795718688.4875739, "user_message": "DagsterEventType.ASSET_OBSERVATION for step deploy"}	ASSET_OBSERVATION	2026-11-26 18:44:48.487574	deploy	["blog_production"]	\N
32	2790831a-e583-483f-ad53-448640cefabf	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepFailureData", "error": {"__class__": "SerializableErrorInfo", "cause": {"__class__": "SerializableErrorInfo", "cause": null, "cls_name": "RuntimeError", "context": null, "message": "RuntimeError: the container was not healthy\\n", "stack": ["  File \\"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/utils.py\\", line 54, in op_execution_error_boundary\\n    yield\\n", "  File \\"/opt/old/lib/python3.11/site-packages/dagster/_utils/__init__.py\\", line 465, in iterate_with_context\\n    next_output = next(iterator)\\n                  ^^^^^^^^^^^^^^\\n", "  File \\"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/compute_generator.py\\", line 131, in _coerce_op_compute_fn_to_iterator\\n    result = invoke_compute_fn(\\n             ^^^^^^^^^^^^^^^^^^\\n", "  File \\"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/compute_generator.py\\", line 125, in invoke_compute_fn\\n    return fn(context, **args_to_pass) if context_arg_provided else fn(**args_to_pass)\\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^\\n", "  File \\"/opt/shipline/tests/data/old_storage/make.py\\", line 51, in deploy\\n    raise RuntimeError(\\"the container was not healthy\\")\\n"]}, "cls_name": "DagsterExecutionStepExecutionError", "context": null, "message": "dagster._core.errors.DagsterExecutionStepExecutionError: Error occurred while executing op \\"deploy\\":\\n", "stack": ["  File \\"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/execute_plan.py\\", line 286, in dagster_event_sequence_for_step\\n    for step_event in check.generator(step_events):\\n", "  File \\"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/execute_step.py\\", line 478, in core_dagster_event_sequence_for_step\\n    for user_event in _step_output_error_checked_user_event_sequence(\\n", "  File \\"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/execute_step.py\\", line 160, in _step_output_error_checked_user_event_sequence\\n    for user_event in user_event_sequence:\\n", "  File \\"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/execute_step.py\\", line 95, in _process_asset_results_to_events\\n    for user_event in user_event_sequence:\\n", "  File \\"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/compute.py\\", line 212, in execute_core_compute\\n    for step_output in _yield_compute_results(step_context, inputs, compute_fn, compute_context):\\n", "  File \\"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/compute.py\\", line 181, in _yield_compute_results\\n    for event in iterate_with_context(\\n", "  File \\"/opt/old/lib/python3.11/site-packages/dagster/_utils/__init__.py\\", line 463, in iterate_with_context\\n    with context_fn():\\n", "  File \\"/usr/local/lib/python3.11/contextlib.py\\", line 158, in __exit__\\n    self.gen.throw(typ, value, traceback)\\n", "  File \\"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/utils.py\\", line 84, in op_execution_error_boundary\\n    raise error_cls(\\n"]}, "error_source": {"__enum__": "ErrorSource.USER_CODE_ERROR"}, "user_failure_data": null}, "event_type_value": "STEP_FAILURE", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "2790831a-e583-483f-ad53-448640cefabf", "step_key": "blog_production_deploy"}, "message": "Execution of step \\"deploy\\" failed.", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 40, "message": "", "pipeline_name": "blog_deploy", "run_id": "2790831a-e583-483f-ad53-448640cefabf", "step_key": "blog_production_deploy", "timestamp": 1795718688.5059452, "user_message": "Execution of step \\"deploy\\" failed."}	STEP_FAILURE	2026-11-26 18:44:48.505945	deploy	\N	\N
33	2790831a-e583-483f-ad53-448640cefabf	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "6630"}, "label": "pid"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "['deploy']"}, "label": "step_keys"}]}, "event_type_value": "ENGINE_EVENT", "logging_tags": {}, "message": "Finished steps in process (pid: 6630) in 142ms", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "2790831a-e583-483f-ad53-448640cefabf", "step_key": null, "timestamp": 1795718688.5737956, "user_message": "Finished steps in process (pid: 6630) in 142ms"}	ENGINE_EVENT	2026-11-26 18:44:48.573796	\N	\N	\N
36	08e1318d-3a78-421f-8477-9e9387b3fa40	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "6630"}, "label": "pid"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "['deploy']"}, "label": "step_keys"}]}, "event_type_value": "ENGINE_EVENT", "logging_tags": {}, "message": "Executing steps in process (pid: 6630)", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": null, "timestamp": 1795718688.7498114, "user_message": "Executing steps in process (pid: 6630)"}	ENGINE_EVENT	2026-11-26 18:44:48.749811	\N	\N	\N
37	08e1318d-3a78-421f-8477-9e9387b3fa40	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": "resources", "metadata_entries": []}, "event_type_value": "RESOURCE_INIT_STARTED", "logging_tags": {}, "message": "Starting initialization of resources [io_manager].", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": "blog_production_deploy", "timestamp": 1795718688.760462, "user_message": "Starting initialization of resources [io_manager]."}	RESOURCE_INIT_STARTED	2026-11-26 18:44:48.760462	deploy	\N	\N
38	08e1318d-3a78-421f-8477-9e9387b3fa40	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": "resources", "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "PythonArtifactMetadataEntryData", "module": "dagster._core.storage.mem_io_manager", "name": "InMemoryIOManager"}, "label": "io_manager"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "0.06ms"}, "label": "io_manager:init_time"}]}, "event_type_value": "RESOURCE_INIT_SUCCESS", "logging_tags": {}, "message": "Finished initialization of resources [io_manager].", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": "blog_production_deploy", "timestamp": 1795718688.7687666, "user_message": "Finished initialization of resources [io_manager]."}	RESOURCE_INIT_SUCCESS	2026-11-26 18:44:48.768767	deploy	\N	\N
39	08e1318d-3a78-421f-8477-9e9387b3fa40	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "ComputeLogsCaptureData", "external_stderr_url": null, "external_stdout_url": null, "external_url": null, "log_key": "jeokcccv", "step_keys": ["deploy"]}, "event_type_value": "LOGS_CAPTURED", "logging_tags": {}, "message": "Started capturing logs in process (pid: 6630).", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": null, "timestamp": 1795718688.7830691, "user_message": "Started capturing logs in process (pid: 6630)."}	LOGS_CAPTURED	2026-11-26 18:44:48.783069	\N	\N	\N
40	08e1318d-3a78-421f-8477-9e9387b3fa40	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "STEP_START", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": "blog_production_deploy"}, "message": "Started execution of step \\"deploy\\".", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": "blog_production_deploy", "timestamp": 1795718688.7971964, "user_message": "Started execution of step \\"deploy\\"."}	STEP_START	2026-11-26 18:44:48.797196	deploy	\N	\N
41	08e1318d-3a78-421f-8477-9e9387b3fa40	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepMaterializationData", "asset_lineage": [], "materialization": {"__class__": "AssetMaterialization", "asset_key": {"__class__": "AssetKey", "path": ["blog_production"]}, "description": "a deployment", "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "JsonMetadataEntryData", "data": {"actor": "ada", "environment": "production", "id": "2024-01-04T12:00:00+00:00", "kind": "deploy", "outcome": "succeeded", "release": {"app": "blog", "commit": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "digest": "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "repository": "registry.example.org/blog", "version": "1.1.0"}, "run": "08e1318d-3a78-421f-8477-9e9387b3fa40", "seconds": 12.5, "started": "2024-01-04T12:00:00+00:00"}}, "label": "deployment"}], "partition": null, "tags": null}}, "event_type_value": "ASSET_MATERIALIZATION", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": "blog_production_deploy"}, "message": "a deployment", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": "blog_production_deploy", "timestamp": 1795718688.8156354, "user_message": "a deployment"}	ASSET_MATERIALIZATION	2026-11-26 18:44:48.815635	deploy	["blog_production"]	\N
42	08e1318d-3a78-421f-8477-9e9387b3fa40	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepOutputData", "metadata_entries": [], "step_output_handle": {"__class__": "StepOutputHandle", "mapping_key": null, "output_name": "result", "step_key": "blog_production_deploy"}, "type_check_data": {"__class__": "TypeCheckData", "description": null, "label": "result", "metadata_entries": [], "success": true}, "version": null}, "event_type_value": "STEP_OUTPUT", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": "blog_production_deploy"}, "message": "Yielded output \\"result\\" of type \\"Nothing\\". (Type check passed).", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": "blog_production_deploy", "timestamp": 1795718688.8318727, "user_message": "Yielded output \\"result\\" of type \\"Nothing\\". (Type check passed)."}	STEP_OUTPUT	2026-11-26 18:44:48.831873	deploy	\N	\N
43	08e1318d-3a78-421f-8477-9e9387b3fa40	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "HandledOutputData", "manager_key": "io_manager", "metadata_entries": [], "output_name": "result"}, "event_type_value": "HANDLED_OUTPUT", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": "blog_production_deploy"}, "message": "Handled output \\"result\\" using IO manager \\"io_manager\\"", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": "blog_production_deploy", "timestamp": 1795718688.8409564, "user_message": "Handled output \\"result\\" using IO manager \\"io_manager\\""}	HANDLED_OUTPUT	2026-11-26 18:44:48.840956	deploy	\N	\N
44	08e1318d-3a78-421f-8477-9e9387b3fa40	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepSuccessData", "duration_ms": 35.23895399848698}, "event_type_value": "STEP_SUCCESS", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": "blog_production_deploy"}, "message": "Finished execution of step \\"deploy\\" in 35ms.", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": "blog_production_deploy", "timestamp": 1795718688.8506057, "user_message": "Finished execution of step \\"deploy\\" in 35ms."}	STEP_SUCCESS	2026-11-26 18:44:48.850606	deploy	\N	\N
45	08e1318d-3a78-421f-8477-9e9387b3fa40	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "6630"}, "label": "pid"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "['deploy']"}, "label": "step_keys"}]}, "event_type_value": "ENGINE_EVENT", "logging_tags": {}, "message": "Finished steps in process (pid: 6630) in 134ms", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": null, "timestamp": 1795718688.8943872, "user_message": "Finished steps in process (pid: 6630) in 134ms"}	ENGINE_EVENT	2026-11-26 18:44:48.894387	\N	\N	\N
46	08e1318d-3a78-421f-8477-9e9387b3fa40	{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_SUCCESS", "logging_tags": {}, "message": "Finished execution of run for \\"blog_deploy\\".", "pid": 6630, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "step_key": null, "timestamp": 1795718688.9031541, "user_message": "Finished execution of run for \\"blog_deploy\\"."}	PIPELINE_SUCCESS	2026-11-26 18:44:48.903154	\N	\N	\N
\.


--
-- Data for Name: instance_info; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.instance_info (id, run_storage_id) FROM stdin;
1	0b76a66c-75ac-4826-abff-22c41aa45b83
\.


--
-- Data for Name: instigators; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.instigators (id, selector_id, repository_selector_id, status, instigator_type, instigator_body, create_timestamp, update_timestamp) FROM stdin;
\.


--
-- Data for Name: job_ticks; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.job_ticks (id, job_origin_id, selector_id, status, type, "timestamp", tick_body, create_timestamp, update_timestamp) FROM stdin;
\.


--
-- Data for Name: jobs; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.jobs (id, job_origin_id, selector_id, repository_origin_id, status, job_type, job_body, create_timestamp, update_timestamp) FROM stdin;
\.


--
-- Data for Name: kvs; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.kvs (id, key, value) FROM stdin;
\.


--
-- Data for Name: pending_steps; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.pending_steps (id, concurrency_key, run_id, step_key, priority, assigned_timestamp, create_timestamp) FROM stdin;
\.


--
-- Data for Name: run_tags; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.run_tags (id, run_id, key, value) FROM stdin;
1	7801f2b3-3545-4f78-a37a-a2dea88daf93	app	blog
2	7801f2b3-3545-4f78-a37a-a2dea88daf93	environment	production
3	7801f2b3-3545-4f78-a37a-a2dea88daf93	version	1.0.0
4	3ad7e539-adbb-4cec-8638-37385edc7cdb	app	blog
5	3ad7e539-adbb-4cec-8638-37385edc7cdb	environment	production
6	3ad7e539-adbb-4cec-8638-37385edc7cdb	version	1.1.0
7	2790831a-e583-483f-ad53-448640cefabf	app	blog
8	2790831a-e583-483f-ad53-448640cefabf	environment	production
9	2790831a-e583-483f-ad53-448640cefabf	version	1.2.0
10	08e1318d-3a78-421f-8477-9e9387b3fa40	app	blog
11	08e1318d-3a78-421f-8477-9e9387b3fa40	environment	production
12	08e1318d-3a78-421f-8477-9e9387b3fa40	version	1.1.0
\.


--
-- Data for Name: runs; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.runs (id, run_id, snapshot_id, pipeline_name, mode, status, run_body, partition, partition_set, create_timestamp, update_timestamp, start_time, end_time) FROM stdin;
1	7801f2b3-3545-4f78-a37a-a2dea88daf93	51e6fe0c9565d0891010ebe26e0f0252c8f5bd5f	blog_deploy	\N	SUCCESS	{"__class__": "PipelineRun", "asset_check_selection": null, "asset_selection": {"__frozenset__": []}, "execution_plan_snapshot_id": "99e752a7f1915c7dfe17c0a10d796ead2ae74e9e", "external_pipeline_origin": null, "has_repository_load_data": false, "mode": null, "parent_run_id": null, "pipeline_code_origin": null, "pipeline_name": "blog_deploy", "pipeline_snapshot_id": "51e6fe0c9565d0891010ebe26e0f0252c8f5bd5f", "root_run_id": null, "run_config": {"ops": {"deploy": {"config": {"at": "2024-01-01T12:00:00+00:00", "outcome": "succeeded", "version": "1.0.0"}}}}, "run_id": "7801f2b3-3545-4f78-a37a-a2dea88daf93", "solid_selection": null, "solids_to_execute": null, "status": {"__enum__": "PipelineRunStatus.SUCCESS"}, "step_keys_to_execute": ["deploy"], "tags": {"app": "blog", "environment": "production", "version": "1.0.0"}}	\N	\N	2026-11-26 18:44:47.59704	2026-11-26 18:44:47.960723	1795718687.656124	1795718687.960723
2	3ad7e539-adbb-4cec-8638-37385edc7cdb	51e6fe0c9565d0891010ebe26e0f0252c8f5bd5f	blog_deploy	\N	SUCCESS	{"__class__": "PipelineRun", "asset_check_selection": null, "asset_selection": {"__frozenset__": []}, "execution_plan_snapshot_id": "99e752a7f1915c7dfe17c0a10d796ead2ae74e9e", "external_pipeline_origin": null, "has_repository_load_data": false, "mode": null, "parent_run_id": null, "pipeline_code_origin": null, "pipeline_name": "blog_deploy", "pipeline_snapshot_id": "51e6fe0c9565d0891010ebe26e0f0252c8f5bd5f", "root_run_id": null, "run_config": {"ops": {"deploy": {"config": {"at": "2024-01-02T12:00:00+00:00", "outcome": "succeeded", "version": "1.1.0"}}}}, "run_id": "3ad7e539-adbb-4cec-8638-37385edc7cdb", "solid_selection": null, "solids_to_execute": null, "status": {"__enum__": "PipelineRunStatus.SUCCESS"}, "step_keys_to_execute": ["deploy"], "tags": {"app": "blog", "environment": "production", "version": "1.1.0"}}	\N	\N	2026-11-26 18:44:48.027657	2026-11-26 18:44:48.295732	1795718688.064647	1795718688.295732
3	2790831a-e583-483f-ad53-448640cefabf	51e6fe0c9565d0891010ebe26e0f0252c8f5bd5f	blog_deploy	\N	FAILURE	{"__class__": "PipelineRun", "asset_check_selection": null, "asset_selection": {"__frozenset__": []}, "execution_plan_snapshot_id": "99e752a7f1915c7dfe17c0a10d796ead2ae74e9e", "external_pipeline_origin": null, "has_repository_load_data": false, "mode": null, "parent_run_id": null, "pipeline_code_origin": null, "pipeline_name": "blog_deploy", "pipeline_snapshot_id": "51e6fe0c9565d0891010ebe26e0f0252c8f5bd5f", "root_run_id": null, "run_config": {"ops": {"deploy": {"config": {"at": "2024-01-03T12:00:00+00:00", "outcome": "failed", "version": "1.2.0"}}}}, "run_id": "2790831a-e583-483f-ad53-448640cefabf", "solid_selection": null, "solids_to_execute": null, "status": {"__enum__": "PipelineRunStatus.FAILURE"}, "step_keys_to_execute": ["deploy"], "tags": {"app": "blog", "environment": "production", "version": "1.2.0"}}	\N	\N	2026-11-26 18:44:48.381007	2026-11-26 18:44:48.614206	1795718688.412692	1795718688.614206
4	08e1318d-3a78-421f-8477-9e9387b3fa40	51e6fe0c9565d0891010ebe26e0f0252c8f5bd5f	blog_deploy	\N	SUCCESS	{"__class__": "PipelineRun", "asset_check_selection": null, "asset_selection": {"__frozenset__": []}, "execution_plan_snapshot_id": "99e752a7f1915c7dfe17c0a10d796ead2ae74e9e", "external_pipeline_origin": null, "has_repository_load_data": false, "mode": null, "parent_run_id": null, "pipeline_code_origin": null, "pipeline_name": "blog_deploy", "pipeline_snapshot_id": "51e6fe0c9565d0891010ebe26e0f0252c8f5bd5f", "root_run_id": null, "run_config": {"ops": {"deploy": {"config": {"at": "2024-01-04T12:00:00+00:00", "outcome": "succeeded", "version": "1.1.0"}}}}, "run_id": "08e1318d-3a78-421f-8477-9e9387b3fa40", "solid_selection": null, "solids_to_execute": null, "status": {"__enum__": "PipelineRunStatus.SUCCESS"}, "step_keys_to_execute": ["deploy"], "tags": {"app": "blog", "environment": "production", "version": "1.1.0"}}	\N	\N	2026-11-26 18:44:48.694913	2026-11-26 18:44:48.933648	1795718688.741979	1795718688.933648
\.


--
-- Data for Name: secondary_indexes; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.secondary_indexes (id, name, create_timestamp, migration_completed) FROM stdin;
1	run_partitions	2026-11-26 18:44:47.119795	2026-11-26 18:44:47.111988
2	run_repo_label_tags	2026-11-26 18:44:47.146319	2026-11-26 18:44:47.139904
3	bulk_action_types	2026-11-26 18:44:47.169762	2026-11-26 18:44:47.164011
4	run_start_end_overwritten	2026-11-26 18:44:47.20697	2026-11-26 18:44:47.20008
5	asset_key_table	2026-11-26 18:44:47.323943	2026-11-26 18:44:47.307782
6	asset_key_index_columns	2026-11-26 18:44:47.349388	2026-11-26 18:44:47.343237
7	schedule_jobs_selector_id	2026-11-26 18:44:47.47528	2026-11-26 18:44:47.466083
8	schedule_ticks_selector_id	2026-11-26 18:44:47.532524	2026-11-26 18:44:47.526208
\.


--
-- Data for Name: snapshots; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.snapshots (id, snapshot_id, snapshot_body, snapshot_type) FROM stdin;
1	51e6fe0c9565d0891010ebe26e0f0252c8f5bd5f	\\x789ced5c5973e3b811fe2b2cbde465d6c5033c306f9e2beb8a636f8dbc954aad5d2c1c0d8b598a6448cab3ca94ff7b001ea2249332244b1aadd70f3334c946b3f1f5d78d0648e8fb280c594c8a220c47ef8dd12f51067194c03821593149cbd13b63c4d24444f761c126302561d1de796f7c5f6dfbb1921b5762cbed491c87ad0e7539a4f3f07798570ace93f990a29b795699a1547028581e65659426522099c5b1bc08c96c1a3e9078064577514410f3a5f3fbe80192302153509ad5e3e4c5fae98bb328e18d1195ca351bfe216f9f9d5ffd7bf428650b466292874d93e619a5940a339293a9ea57fb7025fe214de3edfb371aedd6bbea695df716a71afd1b7f3cbf3cffdad3c5be56e34aa26af7e1fafab26a358cc1973825836cd93f08f5e33a14baf303c2f0e5f2fafce6191c2e9223a2a01ed661d09e1d10818babe7fa5f0bff9ac88e9d296afe3486185899e667145cee5a017530041e410e73850dc088709d8059c263be6f59d4c547cc14cdb506bf3d98be15fce1af5717d757db249cdf16d1bebd6977ebdea942a6eb23374de2f8e004a6cf1d9f61e161c63c1b639f21e20a442cdf03973927e19e5d6d3fb87f1679687bdb9e3848c673d745827d8c29f62d6ed984816f129b0781e9b02090ff3c07593e377ddb3d09f7ec66f9c19dd324c8ed2d7be29a719947c97dd74730916f3b0c738c95af09b52ddbf490e352dbb691cf840cd3c0f64e23b7ed6cfcc11d545bb6e2236de36a1f9d48b8fcd6abf48bbadd69156416976196a70f1107858c2071014bb72af52129c2ff1469121665de3da9d7a6a80873f8ef2cca2b6d653e53cada5a41e918b5b8b7ac98900cce10751dea3b5c38c876028b9bdc74e530e27856e0708631a3d89339ca56be3cbd7e6511fb3d86d7d8b34ad97ac7540e7bbc7b26d80f967a3f5f7efe7873dd57383e3b493a953af02d34df42f330a159d5e6dab1b9f739c53e62f3074f02de62f32d360f139bf5bc4c3b38f73ea1dc4770fee049c65b70be05e76182b399f66947e7de27acfb884e610bf0b8e0cc338985914f021180cf64faf08969d914f9a6e75286dea2f3cfcee1bf5874aaf767daa1a91d05c708cdca236660392ef23c87628e6820a8e016a301386ee07b0eb66ceccaff1d715271d9f865939347b7a38bab2fd7b7a39ed749371330e2f4fe1ef2bf154639c9a198a4313f1b3df17fcba69600b25118c303c443297a47d6eaf58793fba2847cb04bca4a2315c63c9de54dff34fa541d771c71b663902ea76fbe5e7cbc09c73f9ffff2f905bc161038aec33dea229b302608c71418e59400c5b6f010064a31f9d3f1fafb6d47c35b79a1e5f93bf997f2527d6dc195c701b234cf30581aa79218f29814690cfabca93f66e84ff3da94d06498ae2f8fca30edb1ec941876d8919f949317a5126d488fea68cf7408b284272c5760023e3519f5986539c865d2628290870286fe428ee690c5e9bc3ff68565d93c009b016241e092c0b25dc2b94f19f55d1707089bc8e60ed1a48436f847a5848f1c403e36adc07519b5912be7579c7b8e03b6e553c128c2c4b288ff8a29a1371e6855c7db417a544763174c99735c53388e29a94b6ccfb79059519aba02990e353106efa41cad5546f415061f66515cfe1425c6c5b5312509919580ac8f49691472f2028541126ee42033ba2c3e0aa3b6da90e25398a6f95ca36888d2b0d1db9f3cb449a0c7296def1d9553b228b22871a8ed9b58264814101f05c2f43113f2883d028e04c063af8353b5fa590ec624fd26890499e4913c833f80cd4a59797e8bca89e41031f259a241a1ba5d34b476a2cfa003ced53480a8ebecc2806954caf8290a1914c5b658344afa918000bb5c460078dc04212c1a0488f99e4088d884fa668085c910a6c75f6b598242f6b38ce4b4b50a1728152222cd8d5492441ea44150163d40acd52352bc1f03edeae1a06cb85dca7b6a7af6fd51235026444dcb64d695b3790675cc44d32c8629243b84cd42513f50da99522ff16aa7b8a3265e6e626a72266713dc3711c296cc04dcb13c1a104e0807790cb830e1a412ef410bf9fa63cc3dae641dd4da7456b27478b5ea144d7e9019ad6facda6656ac4ddba30693f6f0f27a83a9670aa4d6d006d6c47417b1f448a10dff5149a13df97fbda4584b009b9649b5035b8f12dae01f8b1275923bda769feef3e8d52cabdbdd1d37fd2898aefebe69dfcfa3bad7acc887958c32b9c808830d3b093fd50d947d57adf8fa8ec215a57afb0a97d46e8c341e15594ce6ebbb0625d9a95a2588928eeb1a3b09979ebab295304e25cff3765be54b5e974e89d41f9138fadfbabea6436b1de9f9c0fe6e78b7e2aea8b51b9236c0b67187e23a6e4b24ed876e2f9bb4b4b16c6d1f027360dbe3ae682eb60f6d8073f356c797e0f9825d55da802eac1f42b47703e5ae78363b7e36a0b969d3e44bb0dc790b9436928de543385ea56afadc333aed8a65ab70339e4b525a985e5ddffcdc8e2e7da036c668a3b2f4fc21648686ed5d81e946e10db83c3354bf846a2fd9cfa58d6b677f2fac75050099aa2667ac9ce51b077ec820e190b0f9b8955e1ef7e51423e261943ca48c28e46b4d3dd5ef58095e2ce45aa74549362bc3ca98b6e15ded1c3e97dd8958382559b65219d78f94f5f1c2a9dd1bc0fa5ecf9b41e9b251b5d675f7384495fb9c649315bd547ddbd02951bfc240ee57c06a199f72a85a0ef5fe9f52e013888d54add74f37aab9ac449614353fe25095a255aba102f7ed638ff58f3d76366e7d825dcd873aca55ed955cbbc8b9d1a35f1ba143f8f487bd627d0aed1edee5f5bcb5ab90cfd3b46c7fcc64b765df1507aec5fc22d94449a43a536c4895558afbd489aefe62cb344b8ba894d96391be56325ecfe501f527ce93832c393c65d4bf7209a6fa60122471589a73f5b121316acfa9b71206298cf124ca54d636780ac57b79bb1b42ab5148b5f9a66898cf92c248d26fef0c9058483a1a292d207fa8a4ce9607aa35b73d1d6ad259f94472cd2dd795c8f278b03c737e5a9c0da1de0c914b2edce80a19682a35d551d348858b2cb5a80f9e0e97dde9ff01b867c218	PIPELINE
2	99e752a7f1915c7dfe17c0a10d796ead2ae74e9e	\\x789cad534d6fdb300cfd2b85cf43e10470d0ee3a141850ac0d90ed1404846ad18d1059d224ba9b1bf8bf8f92153b69d79d767d8f5f8f7c3c1600b5162100149faf8abbdf5877a4ac596b613646b8b0b7547cba2a8427d5889a0238f4410542c9f1e43b64125396f560448b0c9b4e6b869551a4848683b1bf0c041214c9e365c7fb484e6d3729887365cfb5540dad704e99e7101307c69df068682a963b398f2fca76013c92ef411061eb684af228640fb623d78d208fd078fb8a2620a531b6bb18c7aa5c0e839728d39a30914e39d4ca2084bc1650710545b5c05583657d5bad2a59dedc2eca45894fb85c61d994cb6a59df34d593ac9aa86a4acdd5397f71ea7bc03e0059189719c56d0b894edbbed8e59834ccf1838b6d38205eac489bcf4ab731952bc7c85c2c02cac8bc06345d3b168af9f74c5c7f79fcb6fef1fdae88a25b2421050950bcd1a9e0bcc97f4ef398c24e3349f1cc1a3c50ef10f2480f96f67cdd4867ebf0ad42a793e59cb7ec355218debb662ebf9ea3a24d43bc68bdc7fa907b64878cc405a40224949146e8806710b8e8f7a823d9fc8ccebebc043dfeec943fff083e72a725bb9715f30ba8573c65249f59ad24ec8591fa2f1fb189ecd7913c5bcc7cbef107b29061d8bda9987d39c7277b7dd88dc9b9d93babfcdf511921919f79d80d7f009c5087fd	EXECUTION_PLAN
\.


--
-- Name: asset_check_executions_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.asset_check_executions_id_seq', 1, false);


--
-- Name: asset_daemon_asset_evaluations_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.asset_daemon_asset_evaluations_id_seq', 1, false);


--
-- Name: asset_event_tags_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.asset_event_tags_id_seq', 1, false);


--
-- Name: asset_keys_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.asset_keys_id_seq', 4, true);


--
-- Name: bulk_actions_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.bulk_actions_id_seq', 1, false);


--
-- Name: concurrency_slots_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.concurrency_slots_id_seq', 1, false);


--
-- Name: daemon_heartbeats_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.daemon_heartbeats_id_seq', 1, false);


--
-- Name: dynamic_partitions_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.dynamic_partitions_id_seq', 1, false);


--
-- Name: event_logs_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.event_logs_id_seq', 46, true);


--
-- Name: instance_info_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.instance_info_id_seq', 1, true);


--
-- Name: instigators_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.instigators_id_seq', 1, false);


--
-- Name: job_ticks_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.job_ticks_id_seq', 1, false);


--
-- Name: jobs_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.jobs_id_seq', 1, false);


--
-- Name: kvs_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.kvs_id_seq', 1, false);


--
-- Name: pending_steps_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.pending_steps_id_seq', 1, false);


--
-- Name: run_tags_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.run_tags_id_seq', 12, true);


--
-- Name: runs_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.runs_id_seq', 4, true);


--
-- Name: secondary_indexes_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.secondary_indexes_id_seq', 8, true);


--
-- Name: snapshots_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.snapshots_id_seq', 2, true);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: asset_check_executions asset_check_executions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.asset_check_executions
    ADD CONSTRAINT asset_check_executions_pkey PRIMARY KEY (id);


--
-- Name: asset_daemon_asset_evaluations asset_daemon_asset_evaluations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.asset_daemon_asset_evaluations
    ADD CONSTRAINT asset_daemon_asset_evaluations_pkey PRIMARY KEY (id);


--
-- Name: asset_event_tags asset_event_tags_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.asset_event_tags
    ADD CONSTRAINT asset_event_tags_pkey PRIMARY KEY (id);


--
-- Name: asset_keys asset_keys_asset_key_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.asset_keys
    ADD CONSTRAINT asset_keys_asset_key_key UNIQUE (asset_key);


--
-- Name: asset_keys asset_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.asset_keys
    ADD CONSTRAINT asset_keys_pkey PRIMARY KEY (id);


--
-- Name: bulk_actions bulk_actions_key_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bulk_actions
    ADD CONSTRAINT bulk_actions_key_key UNIQUE (key);


--
-- Name: bulk_actions bulk_actions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bulk_actions
    ADD CONSTRAINT bulk_actions_pkey PRIMARY KEY (id);


--
-- Name: concurrency_slots concurrency_slots_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.concurrency_slots
    ADD CONSTRAINT concurrency_slots_pkey PRIMARY KEY (id);


--
-- Name: daemon_heartbeats daemon_heartbeats_daemon_type_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.daemon_heartbeats
    ADD CONSTRAINT daemon_heartbeats_daemon_type_key UNIQUE (daemon_type);


--
-- Name: daemon_heartbeats daemon_heartbeats_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.daemon_heartbeats
    ADD CONSTRAINT daemon_heartbeats_pkey PRIMARY KEY (id);


--
-- Name: dynamic_partitions dynamic_partitions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dynamic_partitions
    ADD CONSTRAINT dynamic_partitions_pkey PRIMARY KEY (id);


--
-- Name: event_logs event_logs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.event_logs
    ADD CONSTRAINT event_logs_pkey PRIMARY KEY (id);


--
-- Name: instance_info instance_info_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.instance_info
    ADD CONSTRAINT instance_info_pkey PRIMARY KEY (id);


--
-- Name: instigators instigators_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.instigators
    ADD CONSTRAINT instigators_pkey PRIMARY KEY (id);


--
-- Name: instigators instigators_selector_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.instigators
    ADD CONSTRAINT instigators_selector_id_key UNIQUE (selector_id);


--
-- Name: job_ticks job_ticks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_ticks
    ADD CONSTRAINT job_ticks_pkey PRIMARY KEY (id);


--
-- Name: jobs jobs_job_origin_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_job_origin_id_key UNIQUE (job_origin_id);


--
-- Name: jobs jobs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);


--
-- Name: kvs kvs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.kvs
    ADD CONSTRAINT kvs_pkey PRIMARY KEY (id);


--
-- Name: pending_steps pending_steps_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pending_steps
    ADD CONSTRAINT pending_steps_pkey PRIMARY KEY (id);


--
-- Name: run_tags run_tags_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run_tags
    ADD CONSTRAINT run_tags_pkey PRIMARY KEY (id);


--
-- Name: runs runs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);


--
-- Name: runs runs_run_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_run_id_key UNIQUE (run_id);


--
-- Name: secondary_indexes secondary_indexes_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.secondary_indexes
    ADD CONSTRAINT secondary_indexes_name_key UNIQUE (name);


--
-- Name: secondary_indexes secondary_indexes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.secondary_indexes
    ADD CONSTRAINT secondary_indexes_pkey PRIMARY KEY (id);


--
-- Name: snapshots snapshots_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.snapshots
    ADD CONSTRAINT snapshots_pkey PRIMARY KEY (id);


--
-- Name: snapshots snapshots_snapshot_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.snapshots
    ADD CONSTRAINT snapshots_snapshot_id_key UNIQUE (snapshot_id);


--
-- Name: idx_asset_check_executions; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_asset_check_executions ON public.asset_check_executions USING btree (asset_key, check_name, materialization_event_storage_id, partition);


--
-- Name: idx_asset_check_executions_unique; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX idx_asset_check_executions_unique ON public.asset_check_executions USING btree (asset_key, check_name, run_id, partition);


--
-- Name: idx_asset_daemon_asset_evaluations_asset_key_evaluation_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX idx_asset_daemon_asset_evaluations_asset_key_evaluation_id ON public.asset_daemon_asset_evaluations USING btree (asset_key, evaluation_id);


--
-- Name: idx_asset_event_tags; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_asset_event_tags ON public.asset_event_tags USING btree (asset_key, key, value);


--
-- Name: idx_asset_event_tags_event_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_asset_event_tags_event_id ON public.asset_event_tags USING btree (event_id);


--
-- Name: idx_bulk_actions; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_bulk_actions ON public.bulk_actions USING btree (key);


--
-- Name: idx_bulk_actions_action_type; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_bulk_actions_action_type ON public.bulk_actions USING btree (action_type);


--
-- Name: idx_bulk_actions_selector_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_bulk_actions_selector_id ON public.bulk_actions USING btree (selector_id);


--
-- Name: idx_bulk_actions_status; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_bulk_actions_status ON public.bulk_actions USING btree (status);


--
-- Name: idx_dynamic_partitions; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX idx_dynamic_partitions ON public.dynamic_partitions USING btree (partitions_def_name, partition);


--
-- Name: idx_event_type; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_event_type ON public.event_logs USING btree (dagster_event_type, id);


--
-- Name: idx_events_by_asset; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_events_by_asset ON public.event_logs USING btree (asset_key, dagster_event_type, id) WHERE (asset_key IS NOT NULL);


--
-- Name: idx_events_by_asset_partition; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_events_by_asset_partition ON public.event_logs USING btree (asset_key, dagster_event_type, partition, id) WHERE ((asset_key IS NOT NULL) AND (partition IS NOT NULL));


--
-- Name: idx_events_by_run_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_events_by_run_id ON public.event_logs USING btree (run_id, id);


--
-- Name: idx_job_tick_status; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_job_tick_status ON public.job_ticks USING btree (job_origin_id, status);


--
-- Name: idx_job_tick_timestamp; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_job_tick_timestamp ON public.job_ticks USING btree (job_origin_id, "timestamp");


--
-- Name: idx_kvs_keys_unique; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX idx_kvs_keys_unique ON public.kvs USING btree (key);


--
-- Name: idx_pending_steps; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX idx_pending_steps ON public.pending_steps USING btree (concurrency_key, run_id, step_key);


--
-- Name: idx_run_partitions; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_run_partitions ON public.runs USING btree (partition_set, partition);


--
-- Name: idx_run_range; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_run_range ON public.runs USING btree (status, update_timestamp, create_timestamp);


--
-- Name: idx_run_status; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_run_status ON public.runs USING btree (status);


--
-- Name: idx_run_tags; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_run_tags ON public.run_tags USING btree (key, value);


--
-- Name: idx_runs_by_job; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_runs_by_job ON public.runs USING btree (pipeline_name, id);


--
-- Name: idx_step_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_step_key ON public.event_logs USING btree (step_key);


--
-- Name: idx_tick_selector_timestamp; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_tick_selector_timestamp ON public.job_ticks USING btree (selector_id, "timestamp");


--
-- Name: ix_asset_daemon_asset_evaluations_evaluation_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_asset_daemon_asset_evaluations_evaluation_id ON public.asset_daemon_asset_evaluations USING btree (evaluation_id);


--
-- Name: ix_instigators_instigator_type; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_instigators_instigator_type ON public.instigators USING btree (instigator_type);


--
-- Name: ix_job_ticks_job_origin_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_job_ticks_job_origin_id ON public.job_ticks USING btree (job_origin_id);


--
-- Name: ix_jobs_job_type; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_jobs_job_type ON public.jobs USING btree (job_type);


--
-- Name: runs fk_runs_snapshot_id_snapshots_snapshot_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT fk_runs_snapshot_id_snapshots_snapshot_id FOREIGN KEY (snapshot_id) REFERENCES public.snapshots(snapshot_id);


--
-- Name: run_tags run_tags_run_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run_tags
    ADD CONSTRAINT run_tags_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(run_id) ON DELETE CASCADE;


--
-- PostgreSQL database dump complete
--

\unrestrict ATYQL4KHaHaHnSvOoa3cz4PzkjrH2dUf6CEaz9YZU8rutru7fsnItFd6qNjcqMf

