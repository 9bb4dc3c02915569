"""The report of `wardlight evaluate`: what is counted, how it is drawn, how it is written."""
