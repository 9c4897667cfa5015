"""Rehearsal: a release proves itself on a copy of production's database."""
