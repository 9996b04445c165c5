"""The agreement between page, functions and worker.

Everything here is pure: no I/O, no clock, no environment, no randomness. Reading order: `paths`, `request`,
`status`, `generation`, `transitions`, `catalogue`, `validation`, `runpod_job`, `generation_data`,
`stored_object`, `refusal`, `errors`, `ports`.
"""
