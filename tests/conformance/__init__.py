"""What the official suites are run against, and how to speak both protocols by hand."""
