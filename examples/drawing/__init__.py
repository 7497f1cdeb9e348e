"""Draws the example references from code: characters, objects and places of our own, so that nobody else owns them."""
