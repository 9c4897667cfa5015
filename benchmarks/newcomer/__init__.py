"""What it takes a newcomer to ship an app of their own, measured."""
