"""The official DashScope SDK 2, its `Client`: submit with typed media, wait, cancel, a wrong key, download.

`dashscope_client.py ADDRESS KEY PICTURE OUT` prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import urllib.request

from dashscope import Client

address, key, picture, out = sys.argv[1:]
client = Client(api_key=key, base_url=address)
asked = {
    "model": "wan2.7-r2v",
    "prompt": "Image 1 waves at the camera.",
    "media": [{"type": "reference_image", "url": f"file://{picture}"}],
    "resolution": "720P",
    "ratio": "1:1",
    "duration": 2,
    "prompt_extend": False,
    "watermark": False,
}
job = client.videos.jobs.create(**asked)
done = client.videos.jobs.wait(job, poll_interval=0.1, max_interval=0.2)
urllib.request.urlretrieve(done.video_url, out)
try:
    Client(api_key="sk-0123456789abcdef", base_url=address, max_retries=0).videos.jobs.fetch(job.task_id)
    refused = ""
except Exception as error:  # whatever the SDK makes of a 401
    refused = f"{type(error).__name__} {error}"
print(json.dumps({"id": job.task_id, "ended": str(done.status), "refused": refused}))
