"""What Shipline costs while nothing happens, and how soon it notices that something does."""
