BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('ec80dd91891a');
CREATE TABLE asset_check_executions (
	id INTEGER NOT NULL, 
	asset_key TEXT, 
	check_name TEXT, 
	partition TEXT, 
	run_id VARCHAR(255), 
	execution_status VARCHAR(255), 
	evaluation_event TEXT, 
	evaluation_event_timestamp DATETIME, 
	evaluation_event_storage_id INTEGER, 
	materialization_event_storage_id INTEGER, 
	create_timestamp DATETIME DEFAULT (CURRENT_TIMESTAMP), 
	PRIMARY KEY (id)
);
CREATE TABLE asset_event_tags (
	id INTEGER NOT NULL, 
	event_id INTEGER, 
	asset_key TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	value TEXT, 
	event_timestamp TIMESTAMP, 
	PRIMARY KEY (id)
);
CREATE TABLE asset_keys (
	id INTEGER NOT NULL, 
	asset_key VARCHAR(512), 
	last_materialization TEXT, 
	last_run_id VARCHAR(255), 
	asset_details TEXT, 
	wipe_timestamp TIMESTAMP, 
	last_materialization_timestamp TIMESTAMP, 
	tags TEXT, 
	create_timestamp DATETIME DEFAULT (CURRENT_TIMESTAMP), 
	cached_status_data TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (asset_key)
);
CREATE TABLE concurrency_slots (
	id INTEGER NOT NULL, 
	concurrency_key TEXT NOT NULL, 
	run_id TEXT, 
	step_key TEXT, 
	deleted BOOLEAN NOT NULL, 
	create_timestamp DATETIME DEFAULT (CURRENT_TIMESTAMP), 
	PRIMARY KEY (id)
);
CREATE TABLE dynamic_partitions (
	id INTEGER NOT NULL, 
	partitions_def_name TEXT NOT NULL, 
	partition TEXT NOT NULL, 
	create_timestamp DATETIME DEFAULT (CURRENT_TIMESTAMP), 
	PRIMARY KEY (id)
);
CREATE TABLE event_logs (
	id INTEGER NOT NULL, 
	run_id VARCHAR(255), 
	event TEXT NOT NULL, 
	dagster_event_type TEXT, 
	timestamp TIMESTAMP, 
	step_key TEXT, 
	asset_key TEXT, 
	partition TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "event_logs" VALUES(1,'5f0e53a9-1f4c-43c5-91b6-b21718c046b9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_START", "logging_tags": {}, "message": "Started execution of run for \"blog_deploy\".", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": null, "timestamp": 1795718679.9601605, "user_message": "Started execution of run for \"blog_deploy\"."}','PIPELINE_START','2026-11-26 18:44:39.960160',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(2,'5f0e53a9-1f4c-43c5-91b6-b21718c046b9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "5433"}, "label": "pid"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "[''deploy'']"}, "label": "step_keys"}]}, "event_type_value": "ENGINE_EVENT", "logging_tags": {}, "message": "Executing steps in process (pid: 5433)", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": null, "timestamp": 1795718680.0176528, "user_message": "Executing steps in process (pid: 5433)"}','ENGINE_EVENT','2026-11-26 18:44:40.017653',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(3,'5f0e53a9-1f4c-43c5-91b6-b21718c046b9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": "resources", "metadata_entries": []}, "event_type_value": "RESOURCE_INIT_STARTED", "logging_tags": {}, "message": "Starting initialization of resources [io_manager].", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": "blog_production_deploy", "timestamp": 1795718680.0218306, "user_message": "Starting initialization of resources [io_manager]."}','RESOURCE_INIT_STARTED','2026-11-26 18:44:40.021831','deploy',NULL,NULL);
INSERT INTO "event_logs" VALUES(4,'5f0e53a9-1f4c-43c5-91b6-b21718c046b9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": "resources", "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "PythonArtifactMetadataEntryData", "module": "dagster._core.storage.mem_io_manager", "name": "InMemoryIOManager"}, "label": "io_manager"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "0.06ms"}, "label": "io_manager:init_time"}]}, "event_type_value": "RESOURCE_INIT_SUCCESS", "logging_tags": {}, "message": "Finished initialization of resources [io_manager].", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": "blog_production_deploy", "timestamp": 1795718680.025083, "user_message": "Finished initialization of resources [io_manager]."}','RESOURCE_INIT_SUCCESS','2026-11-26 18:44:40.025083','deploy',NULL,NULL);
INSERT INTO "event_logs" VALUES(5,'5f0e53a9-1f4c-43c5-91b6-b21718c046b9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "ComputeLogsCaptureData", "external_stderr_url": null, "external_stdout_url": null, "external_url": null, "log_key": "isdtulwl", "step_keys": ["deploy"]}, "event_type_value": "LOGS_CAPTURED", "logging_tags": {}, "message": "Started capturing logs in process (pid: 5433).", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": null, "timestamp": 1795718680.0381372, "user_message": "Started capturing logs in process (pid: 5433)."}','LOGS_CAPTURED','2026-11-26 18:44:40.038137',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(6,'5f0e53a9-1f4c-43c5-91b6-b21718c046b9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "STEP_START", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": "blog_production_deploy"}, "message": "Started execution of step \"deploy\".", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": "blog_production_deploy", "timestamp": 1795718680.045398, "user_message": "Started execution of step \"deploy\"."}','STEP_START','2026-11-26 18:44:40.045398','deploy',NULL,NULL);
INSERT INTO "event_logs" VALUES(7,'5f0e53a9-1f4c-43c5-91b6-b21718c046b9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepMaterializationData", "asset_lineage": [], "materialization": {"__class__": "AssetMaterialization", "asset_key": {"__class__": "AssetKey", "path": ["blog_production"]}, "description": "a deployment", "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "JsonMetadataEntryData", "data": {"actor": "ada", "environment": "production", "id": "2024-01-01T12:00:00+00:00", "kind": "deploy", "outcome": "succeeded", "release": {"app": "blog", "commit": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "digest": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "repository": "registry.example.org/blog", "version": "1.0.0"}, "run": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "seconds": 12.5, "started": "2024-01-01T12:00:00+00:00"}}, "label": "deployment"}], "partition": null, "tags": null}}, "event_type_value": "ASSET_MATERIALIZATION", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": "blog_production_deploy"}, "message": "a deployment", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": "blog_production_deploy", "timestamp": 1795718680.0567698, "user_message": "a deployment"}','ASSET_MATERIALIZATION','2026-11-26 18:44:40.056770','deploy','["blog_production"]',NULL);
INSERT INTO "event_logs" VALUES(8,'5f0e53a9-1f4c-43c5-91b6-b21718c046b9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepOutputData", "metadata_entries": [], "step_output_handle": {"__class__": "StepOutputHandle", "mapping_key": null, "output_name": "result", "step_key": "blog_production_deploy"}, "type_check_data": {"__class__": "TypeCheckData", "description": null, "label": "result", "metadata_entries": [], "success": true}, "version": null}, "event_type_value": "STEP_OUTPUT", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": "blog_production_deploy"}, "message": "Yielded output \"result\" of type \"Nothing\". (Type check passed).", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": "blog_production_deploy", "timestamp": 1795718680.0663288, "user_message": "Yielded output \"result\" of type \"Nothing\". (Type check passed)."}','STEP_OUTPUT','2026-11-26 18:44:40.066329','deploy',NULL,NULL);
INSERT INTO "event_logs" VALUES(9,'5f0e53a9-1f4c-43c5-91b6-b21718c046b9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "HandledOutputData", "manager_key": "io_manager", "metadata_entries": [], "output_name": "result"}, "event_type_value": "HANDLED_OUTPUT", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": "blog_production_deploy"}, "message": "Handled output \"result\" using IO manager \"io_manager\"", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": "blog_production_deploy", "timestamp": 1795718680.0701408, "user_message": "Handled output \"result\" using IO manager \"io_manager\""}','HANDLED_OUTPUT','2026-11-26 18:44:40.070141','deploy',NULL,NULL);
INSERT INTO "event_logs" VALUES(10,'5f0e53a9-1f4c-43c5-91b6-b21718c046b9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepSuccessData", "duration_ms": 16.80310100346105}, "event_type_value": "STEP_SUCCESS", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": "blog_production_deploy"}, "message": "Finished execution of step \"deploy\" in 16ms.", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": "blog_production_deploy", "timestamp": 1795718680.0730746, "user_message": "Finished execution of step \"deploy\" in 16ms."}','STEP_SUCCESS','2026-11-26 18:44:40.073075','deploy',NULL,NULL);
INSERT INTO "event_logs" VALUES(11,'5f0e53a9-1f4c-43c5-91b6-b21718c046b9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "5433"}, "label": "pid"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "[''deploy'']"}, "label": "step_keys"}]}, "event_type_value": "ENGINE_EVENT", "logging_tags": {}, "message": "Finished steps in process (pid: 5433) in 98ms", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": null, "timestamp": 1795718680.1197772, "user_message": "Finished steps in process (pid: 5433) in 98ms"}','ENGINE_EVENT','2026-11-26 18:44:40.119777',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(12,'5f0e53a9-1f4c-43c5-91b6-b21718c046b9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_SUCCESS", "logging_tags": {}, "message": "Finished execution of run for \"blog_deploy\".", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": null, "timestamp": 1795718680.1235626, "user_message": "Finished execution of run for \"blog_deploy\"."}','PIPELINE_SUCCESS','2026-11-26 18:44:40.123563',NULL,NULL,NULL);
CREATE TABLE pending_steps (
	id INTEGER NOT NULL, 
	concurrency_key TEXT NOT NULL, 
	run_id TEXT, 
	step_key TEXT, 
	priority INTEGER, 
	assigned_timestamp DATETIME, 
	create_timestamp DATETIME DEFAULT (CURRENT_TIMESTAMP), 
	PRIMARY KEY (id)
);
CREATE TABLE secondary_indexes (
	id INTEGER NOT NULL, 
	name VARCHAR(512), 
	create_timestamp DATETIME DEFAULT (CURRENT_TIMESTAMP), 
	migration_completed DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
CREATE INDEX idx_events_by_asset_partition ON event_logs (asset_key, dagster_event_type, partition, id);
CREATE INDEX idx_events_by_run_id ON event_logs (run_id, id);
CREATE INDEX idx_events_by_asset ON event_logs (asset_key, dagster_event_type, id);
CREATE INDEX idx_step_key ON event_logs (step_key);
CREATE INDEX idx_event_type ON event_logs (dagster_event_type, id);
CREATE INDEX idx_asset_event_tags ON asset_event_tags (asset_key, "key", value);
CREATE INDEX idx_asset_event_tags_event_id ON asset_event_tags (event_id);
CREATE UNIQUE INDEX idx_dynamic_partitions ON dynamic_partitions (partitions_def_name, partition);
CREATE UNIQUE INDEX idx_pending_steps ON pending_steps (concurrency_key, run_id, step_key);
CREATE UNIQUE INDEX idx_asset_check_executions_unique ON asset_check_executions (asset_key, check_name, run_id, partition);
CREATE INDEX idx_asset_check_executions ON asset_check_executions (asset_key, check_name, materialization_event_storage_id, partition);
COMMIT;
