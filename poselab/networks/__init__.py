"""Networks and blocks that are given, one module an assignment."""
