"""Core: commands as data, steps, procedures, the journal and the lock."""
