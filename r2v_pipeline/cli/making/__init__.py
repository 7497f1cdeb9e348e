"""One build, from its plan to its film: consent and money first, then what is told, drawn, joined and left."""
