//! Prints the URL, and ends when its standard input does.

use std::io::{self, Read, Write};

fn main() -> io::Result<()> {
    let url = graph8_hostile::start()?;
    writeln!(io::stdout(), "{url}")?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
