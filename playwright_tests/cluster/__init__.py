"""The documentation's project as many processes: web servers, workers and a Redis."""
