"""Random fills."""
