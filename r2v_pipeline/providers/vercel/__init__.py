"""Vercel AI Gateway: Wan by one key, over the gateway's own video protocol.

`client` is the provider; `wire` reads what the gateway says; `prices` are its live ones; `blob` brings local files to
where anybody can read them, which its models need.
"""
