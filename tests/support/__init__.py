"""What tests and benchmarks stand on: apps, servers and services of a test, one noun a file. The bed itself is tests/testbed."""
