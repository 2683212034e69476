"""How the Python peers measure: CPU time of the process, one run to warm up, one for its time."""
import time


def timer():
    return time.process_time_ns()


async def measure(name, ops, run):
    await run(ops // 5)
    print(f"{name} {await run(ops) / ops:.2f}", flush=True)
