//! Prints where it is as a line of JSON, and ends when its standard input does.

use std::io::{self, Read, Write};

use serde_json::json;

fn main() -> io::Result<()> {
    let service = graph8_hostile::start()?;
    let whereabouts = json!({
        "url": service.url,
        "ports": service.ports,
        "authority_pem": service.authority_pem,
    });
    writeln!(io::stdout(), "{whereabouts}")?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
