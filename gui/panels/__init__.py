"""The panels around the pages: forms, transport, drawing pad."""
