"""Everything said about calls, and the rules: no audio, no SQL, no web server."""
