"""How a recipe does on hands it never learned from: trained several times, each time without some of the writers."""
