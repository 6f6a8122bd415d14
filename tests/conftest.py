"""What every test gets: quiet logs, and the fixtures of the services that tests start by themselves."""

import logging

import structlog

# Debug lines of thousands of virtual calls cost more than the calls.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
