"""The official WaveSpeed SDK: upload, run, a failure, a wrong key, download.

`wavespeed_client.py ADDRESS KEY PICTURE OUT` prints one line of JSON, the last of its output.
"""

from __future__ import annotations

import json
import sys
import urllib.request

from wavespeed import Client

address, key, picture, out = sys.argv[1:]
client = Client(api_key=key, base_url=address)
url = client.upload(picture)
asked = {"prompt": "Image 1 waves.", "reference_images": [url], "resolution": "720p", "duration": 2}
model = "alibaba/wan-2.7/reference-to-video"
output = client.run(model, asked, poll_interval=0.1)
urllib.request.urlretrieve(output["outputs"][0], out)
short = client.run(model, asked, enable_sync_mode=True)


def refusal(client: Client, inputs: dict) -> str:
    try:
        client.run(model, inputs, poll_interval=0.1)
    except Exception as error:  # whatever the SDK makes of it
        return str(error)
    return ""


print(
    json.dumps(
        {
            "url": url,
            "sync": len(short["outputs"]),
            "failed": refusal(client, {**asked, "reference_images": ["http://10.0.0.1/a.png"]}),
            "wrong": refusal(client, {**asked, "duration": 11}),
            "refused": refusal(Client(api_key="wsk_live_0123456789", base_url=address), asked),
        }
    )
)
