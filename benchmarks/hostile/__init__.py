"""What hostile names, secrets and outside text do to Shipline."""
