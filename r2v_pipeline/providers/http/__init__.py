"""HTTP as a vendor's client needs it: nothing sent twice, nothing waited for without end, no key shown.

`channel` is what a client holds; `exchange` is one request and its answer; `transfer` moves files; `reading` says what
an answer means; `secrets` and `hosts` say what may be shown, and to whom may be spoken.
"""
