"""Protected: whoever imports this keeps its secrets to itself, for programs that only import, as the one that runs are forked from."""

from pipeline_defs.config.process_protection import protect_process

protect_process()
