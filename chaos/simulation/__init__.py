"""Ten thousand jobs on a clock that nobody waits for, and everything that can go wrong going wrong."""
