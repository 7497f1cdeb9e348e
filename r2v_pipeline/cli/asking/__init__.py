"""Who is asked where, and as whom: the user's config, the clients of a command, the sandbox, `doctor`."""
