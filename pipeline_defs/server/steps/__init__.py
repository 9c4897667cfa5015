"""Steps: those that rehearsals, deployments and rollbacks share."""
