"""WaveSpeedAI: models of many vendors behind one way of asking.

`client` is the provider; `wire` reads what it says; `history` looks for a lost submit; `uploads` brings local files to
it; `prices` asks what a request would cost.
"""
