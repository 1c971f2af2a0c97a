"""How well a request becomes the right plan, on published sets: the rules alone, and whatever models are configured."""
