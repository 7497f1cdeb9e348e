"""The official DashScope SDK, its module-level interface: upload, submit, list, wait, cancel, download.

Started by the tests in a process of its own, since it changes logging and keeps global state: `dashscope_calls.py
ADDRESS KEY PICTURE OUT`.  Prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import urllib.request

import dashscope
from dashscope import VideoSynthesis

address, dashscope.api_key, picture, out = sys.argv[1:]
dashscope.base_http_api_url = address

PROMPT = "character1 gives an enthusiastic product introduction to camera."


def submit(**more):
    return VideoSynthesis.async_call(
        model="wan2.6-r2v-flash",
        prompt=PROMPT,
        reference_urls=[f"file://{picture}"],
        size="1280*720",
        duration=2,
        shot_type="multi",
        audio=True,
        watermark=False,
        **more,
    )


task = submit()
assert task.status_code == 200, task
told = VideoSynthesis.list(model_name="wan2.6-r2v-flash")
done = VideoSynthesis.wait(task)
urllib.request.urlretrieve(done.output.video_url, out)
late = VideoSynthesis.cancel(task)
wrong = VideoSynthesis.async_call(model="wan9-r2v", prompt=PROMPT, reference_urls=["https://example.com/a.png"])
print(
    json.dumps(
        {
            "submitted": task.output.task_status,
            "listed": [row["task_id"] for row in told.output["data"]] if told.output else told.message,
            "id": task.output.task_id,
            "ended": done.output.task_status,
            "usage": dict(done.usage),
            "late_cancel": [late.status_code, late.code],
            "wrong_model": [wrong.status_code, wrong.code, wrong.message],
        },
        default=str,
    )
)
