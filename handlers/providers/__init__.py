"""Other companies' services: one file a company; they speak HTTP and know nothing of orders."""
