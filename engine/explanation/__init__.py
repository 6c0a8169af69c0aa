"""Why a network answers as it does, for one image: what speaks for an answer, what is alike, what would change it."""
