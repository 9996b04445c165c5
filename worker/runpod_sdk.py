"""RunPod's SDK, imported without the second in which it asks for the processor's name (rp_debugger.py)."""

import cpuinfo

asked_by_others = cpuinfo.get_cpu_info
cpuinfo.get_cpu_info = lambda: {"brand_raw": "not asked"}
try:
    import runpod
finally:
    cpuinfo.get_cpu_info = asked_by_others

__all__ = ["runpod"]
