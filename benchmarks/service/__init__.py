"""Service: what is claimed of Shipline as a service, measured on the test bed."""
