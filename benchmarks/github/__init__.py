"""What is claimed of GitHub, measured: nothing lost, nothing twice, how fast, at what cost, and that nobody else gets in.

All parts are real but GitHub, in whose place the test bed's stand-in answers. Each part is a file with a function `measure`,
which gives its figures; `python -m benchmarks.github` measures all of them at full size, the tests a little of each.
"""
