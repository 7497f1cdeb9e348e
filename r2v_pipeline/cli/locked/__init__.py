"""The lock beside a storyboard, who approved what in it, and the clips that a team shares by it."""
