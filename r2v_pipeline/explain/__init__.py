"""One page a diagnostic code, shipped with the package: what it is, why it matters, an example, how to mend it."""
