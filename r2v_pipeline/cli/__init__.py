"""One module a command, each `run(arguments) -> exit code`; main.py dispatches and imports nothing else."""
