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
INSERT INTO "asset_keys" VALUES(1,'["blog_production"]','{"__class__": "EventLogRecord", "event_log_entry": {"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepMaterializationData", "asset_lineage": [], "materialization": {"__class__": "AssetMaterialization", "asset_key": {"__class__": "AssetKey", "path": ["blog_production"]}, "description": "a deployment", "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "JsonMetadataEntryData", "data": {"actor": "ada", "environment": "production", "id": "2024-01-04T12:00:00+00:00", "kind": "deploy", "outcome": "succeeded", "release": {"app": "blog", "commit": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "digest": "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "repository": "registry.example.org/blog", "version": "1.1.0"}, "run": "1f6264f0-5344-4a6b-b6c2-a2076d1c90f9", "seconds": 12.5, "started": "2024-01-04T12:00:00+00:00"}}, "label": "deployment"}], "partition": null, "tags": null}}, "event_type_value": "ASSET_MATERIALIZATION", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "1f6264f0-5344-4a6b-b6c2-a2076d1c90f9", "step_key": "blog_production_deploy"}, "message": "a deployment", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "1f6264f0-5344-4a6b-b6c2-a2076d1c90f9", "step_key": "blog_production_deploy", "timestamp": 1795718680.6806986, "user_message": "a deployment"}, "storage_id": 11}','1f6264f0-5344-4a6b-b6c2-a2076d1c90f9',NULL,NULL,'2026-11-26 18:44:40.680699',NULL,'2026-11-26 18:44:40',NULL);
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
INSERT INTO "event_logs" VALUES(2,'5f0e53a9-1f4c-43c5-91b6-b21718c046b9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepMaterializationData", "asset_lineage": [], "materialization": {"__class__": "AssetMaterialization", "asset_key": {"__class__": "AssetKey", "path": ["blog_production"]}, "description": "a deployment", "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "JsonMetadataEntryData", "data": {"actor": "ada", "environment": "production", "id": "2024-01-01T12:00:00+00:00", "kind": "deploy", "outcome": "succeeded", "release": {"app": "blog", "commit": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "digest": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "repository": "registry.example.org/blog", "version": "1.0.0"}, "run": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "seconds": 12.5, "started": "2024-01-01T12:00:00+00:00"}}, "label": "deployment"}], "partition": null, "tags": null}}, "event_type_value": "ASSET_MATERIALIZATION", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": "blog_production_deploy"}, "message": "a deployment", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": "blog_production_deploy", "timestamp": 1795718680.0567698, "user_message": "a deployment"}','ASSET_MATERIALIZATION','2026-11-26 18:44:40.056770','deploy','["blog_production"]',NULL);
INSERT INTO "event_logs" VALUES(3,'5f0e53a9-1f4c-43c5-91b6-b21718c046b9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_SUCCESS", "logging_tags": {}, "message": "Finished execution of run for \"blog_deploy\".", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "5f0e53a9-1f4c-43c5-91b6-b21718c046b9", "step_key": null, "timestamp": 1795718680.1235626, "user_message": "Finished execution of run for \"blog_deploy\"."}','PIPELINE_SUCCESS','2026-11-26 18:44:40.123563',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(4,'0052fdd0-750d-4ade-8ec6-8841f98e6a55','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_START", "logging_tags": {}, "message": "Started execution of run for \"blog_deploy\".", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "0052fdd0-750d-4ade-8ec6-8841f98e6a55", "step_key": null, "timestamp": 1795718680.1484048, "user_message": "Started execution of run for \"blog_deploy\"."}','PIPELINE_START','2026-11-26 18:44:40.148405',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(5,'0052fdd0-750d-4ade-8ec6-8841f98e6a55','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepMaterializationData", "asset_lineage": [], "materialization": {"__class__": "AssetMaterialization", "asset_key": {"__class__": "AssetKey", "path": ["blog_production"]}, "description": "a deployment", "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "JsonMetadataEntryData", "data": {"actor": "ada", "environment": "production", "id": "2024-01-02T12:00:00+00:00", "kind": "deploy", "outcome": "succeeded", "release": {"app": "blog", "commit": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "digest": "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "repository": "registry.example.org/blog", "version": "1.1.0"}, "run": "0052fdd0-750d-4ade-8ec6-8841f98e6a55", "seconds": 12.5, "started": "2024-01-02T12:00:00+00:00"}}, "label": "deployment"}], "partition": null, "tags": null}}, "event_type_value": "ASSET_MATERIALIZATION", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "0052fdd0-750d-4ade-8ec6-8841f98e6a55", "step_key": "blog_production_deploy"}, "message": "a deployment", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "0052fdd0-750d-4ade-8ec6-8841f98e6a55", "step_key": "blog_production_deploy", "timestamp": 1795718680.2459588, "user_message": "a deployment"}','ASSET_MATERIALIZATION','2026-11-26 18:44:40.245959','deploy','["blog_production"]',NULL);
INSERT INTO "event_logs" VALUES(6,'0052fdd0-750d-4ade-8ec6-8841f98e6a55','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_SUCCESS", "logging_tags": {}, "message": "Finished execution of run for \"blog_deploy\".", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "0052fdd0-750d-4ade-8ec6-8841f98e6a55", "step_key": null, "timestamp": 1795718680.2907064, "user_message": "Finished execution of run for \"blog_deploy\"."}','PIPELINE_SUCCESS','2026-11-26 18:44:40.290706',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(7,'a54f8e1f-1969-4f62-b796-e57ee9633e69','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_START", "logging_tags": {}, "message": "Started execution of run for \"blog_deploy\".", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": null, "timestamp": 1795718680.3153827, "user_message": "Started execution of run for \"blog_deploy\"."}','PIPELINE_START','2026-11-26 18:44:40.315383',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(8,'a54f8e1f-1969-4f62-b796-e57ee9633e69','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "AssetObservationData", "asset_observation": {"__class__": "AssetObservation", "asset_key": {"__class__": "AssetKey", "path": ["blog_production"]}, "description": "a deployment", "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "JsonMetadataEntryData", "data": {"actor": "ada", "environment": "production", "id": "2024-01-03T12:00:00+00:00", "kind": "deploy", "outcome": "failed", "release": {"app": "blog", "commit": "cccccccccccccccccccccccccccccccccccccccc", "digest": "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "repository": "registry.example.org/blog", "version": "1.2.0"}, "run": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "seconds": 12.5, "started": "2024-01-03T12:00:00+00:00"}}, "label": "deployment"}], "partition": null, "tags": {}}}, "event_type_value": "ASSET_OBSERVATION", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": "blog_production_deploy"}, "message": null, "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": "blog_production_deploy", "timestamp": 1795718680.4838097, "user_message": "DagsterEventType.ASSET_OBSERVATION for step deploy"}','ASSET_OBSERVATION','2026-11-26 18:44:40.483810','deploy','["blog_production"]',NULL);
INSERT INTO "event_logs" VALUES(9,'a54f8e1f-1969-4f62-b796-e57ee9633e69','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "PipelineFailureData", "error": null}, "event_type_value": "PIPELINE_FAILURE", "logging_tags": {}, "message": "Execution of run for \"blog_deploy\" failed. Steps failed: [''deploy''].", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 40, "message": "", "pipeline_name": "blog_deploy", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": null, "timestamp": 1795718680.50983, "user_message": "Execution of run for \"blog_deploy\" failed. Steps failed: [''deploy'']."}','PIPELINE_FAILURE','2026-11-26 18:44:40.509830',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(10,'1f6264f0-5344-4a6b-b6c2-a2076d1c90f9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_START", "logging_tags": {}, "message": "Started execution of run for \"blog_deploy\".", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "1f6264f0-5344-4a6b-b6c2-a2076d1c90f9", "step_key": null, "timestamp": 1795718680.556828, "user_message": "Started execution of run for \"blog_deploy\"."}','PIPELINE_START','2026-11-26 18:44:40.556828',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(11,'1f6264f0-5344-4a6b-b6c2-a2076d1c90f9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepMaterializationData", "asset_lineage": [], "materialization": {"__class__": "AssetMaterialization", "asset_key": {"__class__": "AssetKey", "path": ["blog_production"]}, "description": "a deployment", "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "JsonMetadataEntryData", "data": {"actor": "ada", "environment": "production", "id": "2024-01-04T12:00:00+00:00", "kind": "deploy", "outcome": "succeeded", "release": {"app": "blog", "commit": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "digest": "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "repository": "registry.example.org/blog", "version": "1.1.0"}, "run": "1f6264f0-5344-4a6b-b6c2-a2076d1c90f9", "seconds": 12.5, "started": "2024-01-04T12:00:00+00:00"}}, "label": "deployment"}], "partition": null, "tags": null}}, "event_type_value": "ASSET_MATERIALIZATION", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "1f6264f0-5344-4a6b-b6c2-a2076d1c90f9", "step_key": "blog_production_deploy"}, "message": "a deployment", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "1f6264f0-5344-4a6b-b6c2-a2076d1c90f9", "step_key": "blog_production_deploy", "timestamp": 1795718680.6806986, "user_message": "a deployment"}','ASSET_MATERIALIZATION','2026-11-26 18:44:40.680699','deploy','["blog_production"]',NULL);
INSERT INTO "event_logs" VALUES(12,'1f6264f0-5344-4a6b-b6c2-a2076d1c90f9','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_SUCCESS", "logging_tags": {}, "message": "Finished execution of run for \"blog_deploy\".", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "1f6264f0-5344-4a6b-b6c2-a2076d1c90f9", "step_key": null, "timestamp": 1795718680.762841, "user_message": "Finished execution of run for \"blog_deploy\"."}','PIPELINE_SUCCESS','2026-11-26 18:44:40.762841',NULL,NULL,NULL);
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
INSERT INTO "secondary_indexes" VALUES(1,'asset_key_table','2026-11-26 18:44:39','2026-11-26 18:44:39.881714');
INSERT INTO "secondary_indexes" VALUES(2,'asset_key_index_columns','2026-11-26 18:44:39','2026-11-26 18:44:39.886408');
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
