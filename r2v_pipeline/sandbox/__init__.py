"""A local server that speaks the vendors' HTTP, strictly: DashScope, Vercel AI Gateway with Blob, WaveSpeedAI.

Any client can be pointed at it.  It bills nobody, draws results with the animatic, keeps a ledger of what a vendor
would have billed, and misbehaves when it is told to.  What it knows of models is the catalog's; what it knows of the
wire are the vendors' own documents, in tables beside the service that they belong to.
"""
