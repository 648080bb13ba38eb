"""Many contacts as dicts."""

from __future__ import annotations

import contacts
import peers
from measure import ASYNC_CLIENT, CLIENT, SLOW, Contestant, arguments, compare, hand_over


def main() -> None:
    given = arguments(records=1_000_000, rounds=5)
    records = contacts.make(given.records)

    def first(count: int) -> list[dict[str, str]]:
        return records if count == len(records) else records[:count]

    with peers.Clients(given.url) as clients:

        def by_turns(name: str, peer) -> Contestant:
            post = clients.open(peer)
            return Contestant(
                name + SLOW,
                CLIENT,
                lambda count: peers.push(post, peers.batches(records, count)),
                share=0.1,
            )

        def at_once(name: str, peer) -> Contestant:
            post = peers.with_orjson(clients.open_async(peer))
            return Contestant(
                name,
                ASYNC_CLIENT,
                lambda count: clients.run(peers.push_async(post, peers.batches(records, count))),
            )

        contestants = [
            Contestant(CLIENT, None, lambda count: clients.push(first(count))),
            Contestant(ASYNC_CLIENT, None, lambda count: clients.push_async(first(count))),
            by_turns("requests", peers.requests_json),
            by_turns("httpx", peers.httpx_json),
            by_turns("httpx2", peers.httpx2_json),
            at_once("aiohttp + orjson", peers.aiohttp_bytes),
            at_once("pyreqwest + orjson", peers.pyreqwest_bytes_async),
            at_once("primp + orjson", peers.primp_bytes_async),
        ]
        title = f"{given.records:,} dicts, {peers.BATCH} a request"
        hand_over(compare(title, contestants, given.records, given.rounds))


if __name__ == "__main__":
    main()
