"""What the auditor checks of a few each time: that bytes are readings, and alerts follow (I1, I3).

What was found broken is looked at again each time, so that it is said until it is mended.
"""
