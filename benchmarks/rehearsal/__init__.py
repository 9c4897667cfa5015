"""What is claimed of the rehearsal, measured."""
