"""The data, models, icons and styles that come with the program; see ``SOURCES.md``."""
