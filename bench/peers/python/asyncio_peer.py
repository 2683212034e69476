"""The workloads in asyncio, with its task groups (Python 3.11 or later)."""
import asyncio

from measure import measure, timer

GROUP = 1000


async def yields(ops, tasks):
    spent = 0

    async def lead():
        nonlocal spent
        await asyncio.sleep(0)
        begun = timer()
        for _ in range(ops // tasks):
            await asyncio.sleep(0)
        spent = timer() - begun

    async def follow():
        for _ in range(ops // tasks + 2):
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(lead())
        for _ in range(tasks - 1):
            group.create_task(follow())
    return spent


async def nothing():
    pass


async def yields_once():
    await asyncio.sleep(0)


async def spawn_join(ops):
    begun = timer()
    for _ in range(ops):
        await asyncio.create_task(nothing())
    return timer() - begun


async def groups(ops, body):
    begun = timer()
    for _ in range(ops // GROUP):
        async with asyncio.TaskGroup() as group:
            for _ in range(GROUP):
                group.create_task(body())
    return timer() - begun


async def alive(ops):
    arrived = 0
    gate = asyncio.Event()

    async def waits():
        nonlocal arrived, gate
        mine = gate
        arrived += 1
        if arrived % GROUP == 0:
            gate = asyncio.Event()
            mine.set()
        await mine.wait()

    return await groups(ops, waits)


async def channel(ops, capacity):
    items = asyncio.Queue(capacity)

    async def produce():
        for i in range(ops):
            await items.put(i)

    async def consume():
        for _ in range(ops):
            await items.get()

    begun = timer()
    async with asyncio.TaskGroup() as group:
        group.create_task(produce())
        group.create_task(consume())
    return timer() - begun


async def scope(ops):
    """A timeout around nothing, less the empty loop."""
    begun = timer()
    for _ in range(ops):
        pass
    without = timer() - begun
    begun = timer()
    for _ in range(ops):
        async with asyncio.timeout(5):
            pass
    return timer() - begun - without


async def main():
    await measure("yield_2", 40000, lambda ops: yields(ops, 2))
    await measure("yield_10000", 100000, lambda ops: yields(ops, 10000))
    await measure("spawn_join_1", 10000, spawn_join)
    await measure("spawn_1000", 10000, lambda ops: groups(ops, nothing))
    await measure("spawn_1000_yield", 10000, lambda ops: groups(ops, yields_once))
    await measure("spawn_1000_alive", 10000, alive)
    await measure("scope_ready", 10000, scope)
    await measure("channel_128", 40000, lambda ops: channel(ops, 128))


asyncio.run(main())
