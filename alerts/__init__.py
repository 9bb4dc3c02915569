"""The response: who must know, when, until someone acts."""
