//! Which character parts the cells of a table.

use super::rows::Rows;

/// What parts cells, the likeliest first.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Rows that are looked at.
const ROWS: usize = 200;

/// What the first rows of a table look like with one delimiter.
#[derive(Default)]
pub(super) struct Sample {
    /// Cells of the header.
    pub(super) columns: usize,
    /// Rows after the header.
    pub(super) rows: usize,
    /// How many of them have as many cells as the header.
    pub(super) fitting: usize,
    /// Cells of the first row after the header.
    pub(super) first: usize,
    /// Names of the header that begin with a blank: the delimiter is punctuation there.
    blanks: usize,
}

impl Sample {
    /// `text` begins with the header; unless `is_whole`, its last row may be cut.
    pub(super) fn of(text: &str, delimiter: u8, is_whole: bool) -> Self {
        let mut rows = Rows::new(text.to_owned(), delimiter, 1);
        let mut sample = Self::default();
        let Ok(Some(header)) = rows.next_row(is_whole) else {
            return sample;
        };
        sample.columns = header.len();
        sample.blanks = header.cells().filter(|cell| cell.starts_with(' ')).count();
        while sample.rows < ROWS
            && let Ok(Some(row)) = rows.next_row(is_whole)
        {
            if sample.rows == 0 {
                sample.first = row.len();
            }
            sample.rows += 1;
            sample.fitting += usize::from(row.len() == sample.columns);
        }
        sample
    }

    /// How much speaks for it: many columns that many rows have.
    fn score(&self) -> usize {
        let parted = self.columns.saturating_sub(1);
        // The header counts as a row, so that it decides where there are no others.
        parted * (self.fitting + 1) * 1_000 / (self.rows + 1)
    }
}

/// The delimiter of the table that begins with `text`; `None` where it seems to have one column.
pub(super) fn find(text: &str, is_whole: bool) -> Option<u8> {
    let samples = CANDIDATES.map(|delimiter| (delimiter, Sample::of(text, delimiter, is_whole)));
    samples
        .into_iter()
        .filter(|(_, sample)| sample.columns > 1)
        // Of equals the last is taken, so the likeliest must come last.
        .rev()
        .max_by_key(|(_, sample)| (sample.score(), std::cmp::Reverse(sample.blanks)))
        .map(|(delimiter, _)| delimiter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<char> {
        find(text, true).map(char::from)
    }

    #[test]
    fn the_delimiter_is_found_among_four() {
        for delimiter in [',', ';', '\t', '|'] {
            let with = |text: &str| text.replace('#', &delimiter.to_string());
            assert_eq!(found(&with("email#name\na@b.io#Ada\n")), Some(delimiter));
            assert_eq!(found(&with("email#name")), Some(delimiter));
            let quoted =
                "\"email\"#\"last, first; both | none\"#n\n\"a,b;c|d\"#\"x\ny,;\"#\"1,5;2\"\n";
            assert_eq!(found(&with(quoted)), Some(delimiter), "{delimiter:?}");
            let notes = "email#note#n\na@b.io#one, two, three; four#1,5\nb@b.io#a|b|c, d#2,5\n";
            assert_eq!(found(&with(notes)), Some(delimiter), "{delimiter:?}");
        }
    }

    #[test]
    fn punctuation_is_no_delimiter() {
        assert_eq!(
            found("Last, First;email\nLovelace, Ada;a@b.io\n"),
            Some(';')
        );
        assert_eq!(
            found("name, title|email|n\nAda|a@b.io|1\nBob, CEO|b@b.io|2"),
            Some('|')
        );
        assert_eq!(found("email\na@b.io\nb,c\n"), None);
        assert_eq!(found(""), None);
        assert_eq!(found("amount;price\n1,5;2,5\n3,5;4,5\n"), Some(';'));
    }
}
