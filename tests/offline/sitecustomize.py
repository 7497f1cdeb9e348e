"""Python imports this at every start where the folder is on PYTHONPATH: programs started by tests stay offline too."""

import network_guard

network_guard.install()
