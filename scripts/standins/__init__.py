"""Stand-ins for other companies: servers that speak as they do, with their limits and faults."""
