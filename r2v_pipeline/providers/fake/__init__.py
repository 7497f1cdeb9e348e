"""A whole vendor on this machine: real HTTP over loopback, a bill that survives being killed, faults on demand.

It exists so that everything that is promised about money can be tried without any.  It appears among the providers
only where R2V_FAKE_URL says where it runs.
"""
