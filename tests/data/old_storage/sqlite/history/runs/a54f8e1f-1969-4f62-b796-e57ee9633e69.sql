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
INSERT INTO "event_logs" VALUES(1,'a54f8e1f-1969-4f62-b796-e57ee9633e69','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_START", "logging_tags": {}, "message": "Started execution of run for \"blog_deploy\".", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": null, "timestamp": 1795718680.3153827, "user_message": "Started execution of run for \"blog_deploy\"."}','PIPELINE_START','2026-11-26 18:44:40.315383',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(2,'a54f8e1f-1969-4f62-b796-e57ee9633e69','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "5433"}, "label": "pid"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "[''deploy'']"}, "label": "step_keys"}]}, "event_type_value": "ENGINE_EVENT", "logging_tags": {}, "message": "Executing steps in process (pid: 5433)", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": null, "timestamp": 1795718680.3844323, "user_message": "Executing steps in process (pid: 5433)"}','ENGINE_EVENT','2026-11-26 18:44:40.384432',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(3,'a54f8e1f-1969-4f62-b796-e57ee9633e69','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": "resources", "metadata_entries": []}, "event_type_value": "RESOURCE_INIT_STARTED", "logging_tags": {}, "message": "Starting initialization of resources [io_manager].", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": "blog_production_deploy", "timestamp": 1795718680.3912442, "user_message": "Starting initialization of resources [io_manager]."}','RESOURCE_INIT_STARTED','2026-11-26 18:44:40.391244','deploy',NULL,NULL);
INSERT INTO "event_logs" VALUES(4,'a54f8e1f-1969-4f62-b796-e57ee9633e69','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": "resources", "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "PythonArtifactMetadataEntryData", "module": "dagster._core.storage.mem_io_manager", "name": "InMemoryIOManager"}, "label": "io_manager"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "0.07ms"}, "label": "io_manager:init_time"}]}, "event_type_value": "RESOURCE_INIT_SUCCESS", "logging_tags": {}, "message": "Finished initialization of resources [io_manager].", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": "blog_production_deploy", "timestamp": 1795718680.3948708, "user_message": "Finished initialization of resources [io_manager]."}','RESOURCE_INIT_SUCCESS','2026-11-26 18:44:40.394871','deploy',NULL,NULL);
INSERT INTO "event_logs" VALUES(5,'a54f8e1f-1969-4f62-b796-e57ee9633e69','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "ComputeLogsCaptureData", "external_stderr_url": null, "external_stdout_url": null, "external_url": null, "log_key": "upekgoea", "step_keys": ["deploy"]}, "event_type_value": "LOGS_CAPTURED", "logging_tags": {}, "message": "Started capturing logs in process (pid: 5433).", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": null, "timestamp": 1795718680.4494386, "user_message": "Started capturing logs in process (pid: 5433)."}','LOGS_CAPTURED','2026-11-26 18:44:40.449439',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(6,'a54f8e1f-1969-4f62-b796-e57ee9633e69','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "STEP_START", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": "blog_production_deploy"}, "message": "Started execution of step \"deploy\".", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": "blog_production_deploy", "timestamp": 1795718680.4680295, "user_message": "Started execution of step \"deploy\"."}','STEP_START','2026-11-26 18:44:40.468029','deploy',NULL,NULL);
INSERT INTO "event_logs" VALUES(7,'a54f8e1f-1969-4f62-b796-e57ee9633e69','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "AssetObservationData", "asset_observation": {"__class__": "AssetObservation", "asset_key": {"__class__": "AssetKey", "path": ["blog_production"]}, "description": "a deployment", "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "JsonMetadataEntryData", "data": {"actor": "ada", "environment": "production", "id": "2024-01-03T12:00:00+00:00", "kind": "deploy", "outcome": "failed", "release": {"app": "blog", "commit": "cccccccccccccccccccccccccccccccccccccccc", "digest": "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "repository": "registry.example.org/blog", "version": "1.2.0"}, "run": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "seconds": 12.5, "started": "2024-01-03T12:00:00+00:00"}}, "label": "deployment"}], "partition": null, "tags": {}}}, "event_type_value": "ASSET_OBSERVATION", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": "blog_production_deploy"}, "message": null, "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": "blog_production_deploy", "timestamp": 1795718680.4838097, "user_message": "DagsterEventType.ASSET_OBSERVATION for step deploy"}','ASSET_OBSERVATION','2026-11-26 18:44:40.483810','deploy','["blog_production"]',NULL);
INSERT INTO "event_logs" VALUES(8,'a54f8e1f-1969-4f62-b796-e57ee9633e69','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepFailureData", "error": {"__class__": "SerializableErrorInfo", "cause": {"__class__": "SerializableErrorInfo", "cause": null, "cls_name": "RuntimeError", "context": null, "message": "RuntimeError: the container was not healthy\n", "stack": ["  File \"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/utils.py\", line 54, in op_execution_error_boundary\n    yield\n", "  File \"/opt/old/lib/python3.11/site-packages/dagster/_utils/__init__.py\", line 465, in iterate_with_context\n    next_output = next(iterator)\n                  ^^^^^^^^^^^^^^\n", "  File \"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/compute_generator.py\", line 131, in _coerce_op_compute_fn_to_iterator\n    result = invoke_compute_fn(\n             ^^^^^^^^^^^^^^^^^^\n", "  File \"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/compute_generator.py\", line 125, in invoke_compute_fn\n    return fn(context, **args_to_pass) if context_arg_provided else fn(**args_to_pass)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n", "  File \"/opt/shipline/tests/data/old_storage/make.py\", line 51, in deploy\n    raise RuntimeError(\"the container was not healthy\")\n"]}, "cls_name": "DagsterExecutionStepExecutionError", "context": null, "message": "dagster._core.errors.DagsterExecutionStepExecutionError: Error occurred while executing op \"deploy\":\n", "stack": ["  File \"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/execute_plan.py\", line 286, in dagster_event_sequence_for_step\n    for step_event in check.generator(step_events):\n", "  File \"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/execute_step.py\", line 478, in core_dagster_event_sequence_for_step\n    for user_event in _step_output_error_checked_user_event_sequence(\n", "  File \"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/execute_step.py\", line 160, in _step_output_error_checked_user_event_sequence\n    for user_event in user_event_sequence:\n", "  File \"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/execute_step.py\", line 95, in _process_asset_results_to_events\n    for user_event in user_event_sequence:\n", "  File \"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/compute.py\", line 212, in execute_core_compute\n    for step_output in _yield_compute_results(step_context, inputs, compute_fn, compute_context):\n", "  File \"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/compute.py\", line 181, in _yield_compute_results\n    for event in iterate_with_context(\n", "  File \"/opt/old/lib/python3.11/site-packages/dagster/_utils/__init__.py\", line 463, in iterate_with_context\n    with context_fn():\n", "  File \"/usr/local/lib/python3.11/contextlib.py\", line 158, in __exit__\n    self.gen.throw(typ, value, traceback)\n", "  File \"/opt/old/lib/python3.11/site-packages/dagster/_core/execution/plan/utils.py\", line 84, in op_execution_error_boundary\n    raise error_cls(\n"]}, "error_source": {"__enum__": "ErrorSource.USER_CODE_ERROR"}, "user_failure_data": null}, "event_type_value": "STEP_FAILURE", "logging_tags": {"job_name": "blog_deploy", "op_name": "deploy", "resource_fn_name": "None", "resource_name": "None", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": "blog_production_deploy"}, "message": "Execution of step \"deploy\" failed.", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "deploy", "solid_handle": {"__class__": "SolidHandle", "name": "deploy", "parent": null}}, "step_key": "blog_production_deploy", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 40, "message": "", "pipeline_name": "blog_deploy", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": "blog_production_deploy", "timestamp": 1795718680.496365, "user_message": "Execution of step \"deploy\" failed."}','STEP_FAILURE','2026-11-26 18:44:40.496365','deploy',NULL,NULL);
INSERT INTO "event_logs" VALUES(9,'a54f8e1f-1969-4f62-b796-e57ee9633e69','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "5433"}, "label": "pid"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "[''deploy'']"}, "label": "step_keys"}]}, "event_type_value": "ENGINE_EVENT", "logging_tags": {}, "message": "Finished steps in process (pid: 5433) in 116ms", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "blog_deploy", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": null, "timestamp": 1795718680.5063646, "user_message": "Finished steps in process (pid: 5433) in 116ms"}','ENGINE_EVENT','2026-11-26 18:44:40.506365',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(10,'a54f8e1f-1969-4f62-b796-e57ee9633e69','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "PipelineFailureData", "error": null}, "event_type_value": "PIPELINE_FAILURE", "logging_tags": {}, "message": "Execution of run for \"blog_deploy\" failed. Steps failed: [''deploy''].", "pid": 5433, "pipeline_name": "blog_deploy", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 40, "message": "", "pipeline_name": "blog_deploy", "run_id": "a54f8e1f-1969-4f62-b796-e57ee9633e69", "step_key": null, "timestamp": 1795718680.50983, "user_message": "Execution of run for \"blog_deploy\" failed. Steps failed: [''deploy'']."}','PIPELINE_FAILURE','2026-11-26 18:44:40.509830',NULL,NULL,NULL);
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
