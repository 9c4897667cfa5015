"""What happens on a server: commands composed as data, apart from their execution; steps, procedures, journal, lock, database."""
