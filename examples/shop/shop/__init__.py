"""A small shop: products, customers and their orders behind an HTTP API."""
