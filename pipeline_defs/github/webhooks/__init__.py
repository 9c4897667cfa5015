"""Webhooks: GitHub's deliveries, which only make noticed sooner what the sensors would see a little later."""
