"""Fleet: the same on several hosts, which all run one release."""
