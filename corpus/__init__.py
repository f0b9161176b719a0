"""Read fiches and publications into documents, and cut them into passages."""
