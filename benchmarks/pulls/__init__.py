"""What is claimed of pull requests that are rehearsed before they are merged, measured: `make prove-pulls`."""
