"""Runtime: the programs that Shipline consists of while it runs, and the storage under them."""
