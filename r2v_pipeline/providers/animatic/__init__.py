"""The free, offline provider: a storyboard animatic of each shot, drawn on this machine.

A shot goes through dialect, client, hand, worker and render.  What render draws is made of scene (when), layout
(where), look, board, strip, captions and clock (what), camera, motion and stage (how it moves), and sound.
"""
