"""What `make bench-observe` measures: what a scrape costs after years."""
