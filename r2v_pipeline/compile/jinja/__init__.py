"""Whole templates, for texts that ask for more than names: rendered in a process that can be killed."""
