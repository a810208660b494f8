"""What runs during the measurement, on the producer host: sensors, writers and the measured loop."""
