"""The command line and the web pages: edges that only translate."""
