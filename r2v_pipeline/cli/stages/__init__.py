"""From a file name to a compilation, as commands need it, and what is known of shots from earlier times."""
