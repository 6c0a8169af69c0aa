"""What happens inside a network: its columns of units, the connections between them, and what excites them."""
