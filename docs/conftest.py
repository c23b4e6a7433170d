"""The pages' examples are tests; the modules that build the site are not."""

collect_ignore_glob = ["conf.py", "_extensions/*"]
