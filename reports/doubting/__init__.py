"""Contested scores, as the account of a week or of the quality of alerts counts them."""
