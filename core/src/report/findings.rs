//! What a check finds in records before they are sent.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($(#[$meta:meta])* $type:ident { $($(#[$variant_meta:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum $type { $($(#[$variant_meta])* $variant,)+ }

        impl $type {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name used in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

codes!(
    /// What is wrong with a value, a record or the source as a whole.
    FindingCode {
        /// It has no JSON, or is no object of field names and values.
        NotARecord = "not_a_record",
        /// A field that the CRM does not have.
        UnknownField = "unknown_field",
        /// A field that a create needs is missing or empty.
        MissingRequired = "missing_required",
        /// A value of another type than the field's.
        WrongType = "wrong_type",
        /// No date, or not in the CRM's form of one.
        BadDate = "bad_date",
        /// No e-mail address.
        InvalidEmail = "invalid_email",
        /// None of the field's options.
        InvalidOption = "invalid_option",
        /// Longer than the field takes.
        TooLong = "too_long",
        /// A field that can't be set.
        ReadOnly = "read_only",
        /// Blanks, no-break or zero-width characters around a value.
        SurroundingBlanks = "surrounding_blanks",
        /// An earlier record of the source has the same identity.
        RepeatedIdentity = "repeated_identity",
        /// Nothing in the record names it: the CRM's errors could not say which record they mean.
        NoIdentity = "no_identity",
        /// A number such as `5550100.0` where a phone, an id or text belongs.
        NumberAsFloat = "number_as_float",
        /// Of a graph8 row: text that is no number where the CRM takes one. It is left out.
        NotANumber = "not_a_number",
        /// Of a graph8 row: a field that has no place in the CRM. It is left out.
        LeftOut = "left_out",
        /// A name in `columns` or `rename` that no record had.
        NothingLeft = "nothing_left",
        /// Of a push that looks records up: it has nothing by which it could be, and was sent all the same.
        NotLookedUp = "not_looked_up",
        /// A name that differs from a field's by case, blanks or a byte order mark alone.
        SimilarName = "similar_name",
        /// Of a push: its journal of keys was not there, so every record counted as new.
        NewJournal = "new_journal",
        /// An earlier record of the source has the same primary key.
        RepeatedKey = "repeated_key",
        /// A field of the primary key is null, empty or missing.
        NoKey = "no_key",
    }
);

codes!(
    /// What a finding means for its records.
    Severity {
        /// The CRM refuses the record.
        Error = "error",
        /// The CRM takes the record, but not as it was meant: it cuts or drops a value, or stores one that
        /// it should not have.
        Warning = "warning",
    }
);

codes!(
    /// What `fix` made right.
    FixKind {
        /// Outer blanks, no-break and zero-width characters of an e-mail, an id or a domain.
        Blanks = "blanks",
        /// `5550100.0` as a whole number or text.
        WholeFloat = "whole_float",
        /// Digits as text, for a field of numbers.
        NumberFromText = "number_from_text",
        /// A number, for a field of text.
        TextFromNumber = "text_from_number",
        /// Text that says true or false, for a field of flags.
        BooleanFromText = "boolean_from_text",
        /// True or false, for a field of text.
        TextFromBoolean = "text_from_boolean",
        /// A date in the CRM's form.
        Date = "date",
        /// A date and time in the CRM's form.
        DateTime = "date_time",
        /// A list as options joined by `;`.
        ListJoined = "list_joined",
        /// A value as the list that the CRM takes.
        ListForm = "list_form",
        /// An option's label as its value.
        OptionLabel = "option_label",
        /// An empty text that was left out.
        EmptyDropped = "empty_dropped",
        /// An empty text that became null.
        EmptyNulled = "empty_nulled",
    }
);

/// One kind of finding in one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// What is wrong.
    pub code: FindingCode,
    /// What it means for its records.
    pub severity: Severity,
    /// The field, by its name on the way; `None` where it is about a record or the source.
    pub field: Option<String>,
    /// How many records have it; of a finding about the source, all that were read.
    pub count: usize,
    /// What is wrong and what to do, as a sentence; with the value of the first example.
    pub message: String,
    /// The field that was probably meant.
    pub hint: Option<String>,
    /// The first records that have it, at most [`EXAMPLES`].
    pub examples: Vec<Example>,
}

/// Most examples of a [`Finding`].
pub const EXAMPLES: usize = 5;

/// A record that has a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Example {
    /// Its place in the input, from 0.
    pub index: usize,
    /// The value, shortened; `None` where there is none.
    pub value: Option<String>,
}
