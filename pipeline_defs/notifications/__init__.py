"""Notifications: what happened, as messages to people who look at no page. No run knows of them."""
