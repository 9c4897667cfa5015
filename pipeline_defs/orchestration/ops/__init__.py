"""Stages: one file each. An op takes records and gives records; what it does is done by the resources and the server's procedures."""
