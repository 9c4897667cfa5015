"""Changes: what happened on GitHub is noticed here and answered by claiming runs, by the sensor and by the receiver alike."""
