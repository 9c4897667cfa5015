"""What is claimed of Shipline as a service, measured."""
