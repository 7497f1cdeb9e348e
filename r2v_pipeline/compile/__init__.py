"""Storyboard to render requests: expand the templates, write the prompt, bind the references, make the keys.  Pure."""
