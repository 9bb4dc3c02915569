"""The pages that clinicians use: server-rendered, through the same services as the API.

Nothing is brought in here: whoever needs the words of a page alone would load all of them.
"""
