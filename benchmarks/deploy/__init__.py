"""What is claimed of deployments, measured."""
