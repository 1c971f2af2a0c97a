"""How assignments reach agents."""
