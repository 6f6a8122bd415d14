"""Rows, transactions and SQL; outside this package nobody knows that there is a database."""
