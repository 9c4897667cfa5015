"""Deployments as an application: what is planned, rehearsed, deployed and taken back, whoever asks for it."""
