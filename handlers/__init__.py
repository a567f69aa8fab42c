"""What can be done: one file a subject, one function a use case."""
