"""What is claimed of ordinary compose files and ordinary failures, measured on the menagerie: `make prove-menagerie`."""
