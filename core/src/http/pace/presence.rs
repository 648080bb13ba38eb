//! Which clients use a file: a table in it, in which each writes an entry of its own without the file's lock, so
//! that those who wait for the lock are counted as well.

use std::collections::BTreeSet;
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

use super::log::{MINUTE, Owner};
use super::part::{KnownPart, Part};

/// Owner, time, and a checksum of both, its bits turned over by who is without the log.
const ENTRY: usize = 3 * 8;
/// As many clients of one limit are counted on a host.
const ENTRIES: usize = 168;
pub(super) const LENGTH: usize = ENTRIES * ENTRY;
/// An entry that is older is written anew.
const FRESH: Duration = Duration::from_secs(2);
/// Within this time who is without the log has asked for it again, and said so.
const RETURN: Duration = Duration::from_secs(6);

/// A client among those that use a file, and what it knows of the others.
#[derive(Clone, Debug, Default)]
pub(super) struct Presence {
    /// `None` for who only looks at the file.
    pub(super) client: Option<Owner>,
    /// Whether it sends what is not in the log yet.
    pub(super) is_away: bool,
    pub(super) part: KnownPart,
    /// Whether others sent what was not in the log yet, when last seen.
    pub(super) others_are_away: bool,
}

/// What the table tells a client.
pub(super) struct Look {
    pub(super) part: Part,
    /// Whether others send what is not in the log yet.
    pub(super) others_are_away: bool,
    /// Bytes to put into the table, and where.
    pub(super) entry: Option<(usize, [u8; ENTRY])>,
}

struct Client {
    owner: Owner,
    /// Nanoseconds of the clock that all share.
    seen: i64,
    /// Without the log.
    is_away: bool,
}

/// Reads the `table` for this client, `me`.
pub(super) fn look(table: &[u8], me: Owner, is_away: bool, now: i64) -> Look {
    let is_within = |at: i64, time: Duration| u128::from(now.abs_diff(at)) < time.as_nanos();
    let mut owners = BTreeSet::from([me]);
    let mut own = None;
    let mut others_are_away = false;
    let mut is_taken = [false; ENTRIES];
    for (place, entry) in table.chunks_exact(ENTRY).take(ENTRIES).enumerate() {
        let Some(client) = read(entry).filter(|client| is_within(client.seen, MINUTE)) else {
            continue;
        };
        is_taken[place] = true;
        owners.insert(client.owner);
        if client.owner == me {
            let is_fresh = is_within(client.seen, FRESH) && client.is_away == is_away;
            own = Some((place, is_fresh));
        } else {
            others_are_away |= client.is_away && is_within(client.seen, RETURN);
        }
    }
    let place = match own {
        Some((_, true)) => None,
        Some((place, false)) => Some(place),
        // Not the first that is free: others look for one at the same time.
        None => {
            let first = usize::try_from(me % ENTRIES as u64).unwrap_or(0);
            let mut order = (first..ENTRIES).chain(0..first);
            order.find(|place| !is_taken[*place])
        }
    };
    Look {
        part: Part {
            clients: owners.len(),
            rank: owners.range(..me).count(),
        },
        others_are_away,
        entry: place.map(|place| (place * ENTRY, write(me, is_away, now))),
    }
}

fn write(owner: Owner, is_away: bool, now: i64) -> [u8; ENTRY] {
    let mut entry = [0; ENTRY];
    let (known, sum) = entry.split_at_mut(16);
    known[..8].copy_from_slice(&owner.to_le_bytes());
    known[8..].copy_from_slice(&now.to_le_bytes());
    let checksum = xxh3_64(known);
    let checksum = if is_away { !checksum } else { checksum };
    sum.copy_from_slice(&checksum.to_le_bytes());
    entry
}

fn read(entry: &[u8]) -> Option<Client> {
    let (owner, rest) = entry.split_first_chunk::<8>()?;
    let (seen, sum) = rest.split_first_chunk::<8>()?;
    let (checksum, sum) = (
        xxh3_64(entry.get(..16)?),
        u64::from_le_bytes(*sum.first_chunk()?),
    );
    (sum == checksum || sum == !checksum).then(|| Client {
        owner: Owner::from_le_bytes(*owner),
        seen: i64::from_le_bytes(*seen),
        is_away: sum != checksum,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn enter(table: &mut [u8], owner: Owner, now: i64) -> Part {
        let found = look(table, owner, false, now);
        put(table, found.entry);
        found.part
    }

    fn put(table: &mut [u8], entry: Option<(usize, [u8; ENTRY])>) {
        if let Some((place, entry)) = entry {
            table[place..place + ENTRY].copy_from_slice(&entry);
        }
    }

    #[test]
    fn who_was_there_within_a_minute_is_counted_and_ranked() {
        let mut table = vec![0; LENGTH];
        // The same first place for all.
        for (count, owner) in (0..9).map(|n| n * 168).enumerate() {
            let part = enter(&mut table, owner, SECOND);
            assert_eq!((part.clients, part.rank), (count + 1, count));
        }
        let part = enter(&mut table, 168, 60 * SECOND);
        assert_eq!((part.clients, part.rank), (9, 1));
        let part = enter(&mut table, 336, 62 * SECOND);
        assert_eq!((part.clients, part.rank), (2, 1));
        // Another's clock, and what is no entry.
        let part = enter(&mut table, 0, -1_000 * SECOND);
        assert_eq!(part.clients, 1);
        table.fill(0xA5);
        assert_eq!(enter(&mut table, 7, SECOND).clients, 1);
    }

    #[test]
    fn a_full_table_counts_all_in_it() {
        let mut table = vec![0; LENGTH];
        for owner in 0..ENTRIES as u64 {
            enter(&mut table, owner, SECOND);
        }
        let Look { part, entry, .. } = look(&table, 1_000, false, SECOND);
        assert_eq!((part.clients, part.rank), (ENTRIES + 1, ENTRIES));
        assert_eq!(entry, None);
    }

    #[test]
    fn who_is_without_the_log_says_so_until_it_is_back() {
        let mut table = vec![0; LENGTH];
        let away = look(&table, 1, true, SECOND);
        put(&mut table, away.entry);
        assert!(!look(&table, 1, true, SECOND).others_are_away);
        assert!(look(&table, 2, false, 6 * SECOND).others_are_away);
        // It is gone.
        assert!(!look(&table, 2, false, 8 * SECOND).others_are_away);
        enter(&mut table, 1, 2 * SECOND);
        assert!(!look(&table, 2, false, 3 * SECOND).others_are_away);
    }
}
