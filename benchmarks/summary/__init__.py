"""One row of figures about speed, of the other benchmarks and of some parts of its own."""
