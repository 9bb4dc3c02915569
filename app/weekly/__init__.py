"""The weekly report as it is issued: due by a row, made once, kept as it was, told of by mail."""
