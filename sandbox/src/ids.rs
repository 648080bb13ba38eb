//! Ids, deterministic for a seed.

use fastrand::Rng;

/// What an id is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    Contact,
    Company,
    List,
}

/// A random UUID's text, of the sandbox's own seeded source.
pub fn uuid(rng: &mut Rng) -> String {
    let bits = (rng.u128(..) & !(0xf << 76) & !(0x3 << 62)) | (4 << 76) | (2 << 62);
    let hex = format!("{bits:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}
