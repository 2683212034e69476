"""The workloads in Trio."""
import trio

from measure import measure, timer

GROUP = 1000


async def yields(ops, tasks):
    async def one():
        for _ in range(ops // tasks):
            await trio.lowlevel.checkpoint()

    begun = timer()
    async with trio.open_nursery() as nursery:
        for _ in range(tasks):
            nursery.start_soon(one)
    return timer() - begun


async def nothing():
    pass


async def spawn_join(ops):
    begun = timer()
    for _ in range(ops):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(nothing)
    return timer() - begun


async def groups(ops, body):
    begun = timer()
    for _ in range(ops // GROUP):
        async with trio.open_nursery() as nursery:
            for _ in range(GROUP):
                nursery.start_soon(body)
    return timer() - begun


async def alive(ops):
    arrived = 0
    gate = trio.Event()

    async def waits():
        nonlocal arrived, gate
        mine = gate
        arrived += 1
        if arrived % GROUP == 0:
            gate = trio.Event()
            mine.set()
        await mine.wait()

    return await groups(ops, waits)


async def channel(ops, capacity):
    tx, rx = trio.open_memory_channel(capacity)

    async def produce():
        for i in range(ops):
            await tx.send(i)

    async def consume():
        for _ in range(ops):
            await rx.receive()

    begun = timer()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(produce)
        nursery.start_soon(consume)
    return timer() - begun


async def scope(ops):
    """A timeout around a check, less the same loop without."""
    begun = timer()
    for _ in range(ops):
        await trio.lowlevel.checkpoint_if_cancelled()
    without = timer() - begun
    begun = timer()
    for _ in range(ops):
        with trio.move_on_after(5):
            await trio.lowlevel.checkpoint_if_cancelled()
    return timer() - begun - without


async def main():
    await measure("yield_2", 40000, lambda ops: yields(ops, 2))
    await measure("spawn_join_open", 10000, spawn_join)
    await measure("spawn_1000", 10000, lambda ops: groups(ops, nothing))
    await measure("spawn_1000_yield", 10000, lambda ops: groups(ops, trio.lowlevel.checkpoint))
    await measure("spawn_1000_alive", 10000, alive)
    await measure("scope_ready", 10000, scope)
    await measure("channel_0", 20000, lambda ops: channel(ops, 0))
    await measure("channel_128", 40000, lambda ops: channel(ops, 128))


trio.run(main)
