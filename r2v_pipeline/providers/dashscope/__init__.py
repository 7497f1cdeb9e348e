"""Alibaba Cloud Model Studio (DashScope), the home of the Wan and HappyHorse models.

`client` is the provider; `tasks` reads what it says of one task; `listing` looks for a lost submit; `store` brings
local files to where its models can read them.
"""
