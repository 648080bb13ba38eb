//! What a CRM's own error says beyond its refusal of the record.
//!
//! The service hands on a CRM's message, sometimes its code; nothing tells one from the other. So they are
//! recognised by the CRMs' own codes and wordings alone, and only where the record itself does not hold
//! the same text.

/// What an error of a CRM means for the record that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The record is refused: it needs a fix.
    Refused,
    /// The record is as it should be and the CRM was not able to take it at that moment.
    Temporary,
    /// The CRM takes nothing more for a while: its own rate limit is reached.
    RateLimit,
    /// The contact is a member of the list as it is.
    AlreadyMember,
}

/// A CRM's code, or a part of its wording in lower case; `*` is one word.
struct Sign {
    text: &'static str,
    meaning: Meaning,
}

const fn limit(text: &'static str) -> Sign {
    Sign {
        text,
        meaning: Meaning::RateLimit,
    }
}

const fn temporary(text: &'static str) -> Sign {
    Sign {
        text,
        meaning: Meaning::Temporary,
    }
}

const CODES: [Sign; 8] = [
    limit("RATE_LIMIT"),             // HubSpot's errorType
    limit("RATE_LIMITS"),            // HubSpot's category
    limit("REQUEST_LIMIT_EXCEEDED"), // Salesforce
    limit("TOO_MANY_REQUESTS"),      // Zoho
    temporary("LOCKED"),             // HubSpot
    temporary("RECORD_LOCKED"),      // Zoho
    temporary("SERVER_UNAVAILABLE"), // Salesforce
    temporary("UNABLE_TO_LOCK_ROW"), // Salesforce
];

const WORDINGS: [Sign; 10] = [
    limit("you have reached your * limit"), // HubSpot
    limit("totalrequests limit exceeded"),  // Salesforce
    limit("concurrentrequests (concurrent api requests) limit exceeded"), // Salesforce
    limit("request over limit"),            // Pipedrive
    limit("too many requests"),             // Zoho
    limit("rate limit"),
    temporary("too many changes to this record at once"), // HubSpot
    temporary("unable to obtain exclusive access to this record"), // Salesforce
    temporary("is in maintenance mode"),                  // SugarCRM
    Sign {
        text: "already a campaign member", // Salesforce
        meaning: Meaning::AlreadyMember,
    },
];

/// What an error with this code and message means for `record`, the JSON that was sent.
pub(crate) fn meaning(code: Option<&str>, message: &str, record: &[u8]) -> Meaning {
    if let Some(code) = code
        && let Some(sign) = CODES.iter().find(|sign| sign.text == code.trim())
    {
        return sign.meaning;
    }
    let lower = message.to_lowercase();
    let found = CODES
        .iter()
        .find(|sign| has_word(message, sign.text))
        .map(|sign| (sign.text.to_lowercase(), sign.meaning))
        .or_else(|| {
            WORDINGS
                .iter()
                .find_map(|sign| Some((matching(&lower, sign.text)?.to_owned(), sign.meaning)))
        });
    match found {
        // A CRM repeats values: the record's own text says nothing of the CRM.
        Some((words, meaning)) if !holds(record, &words) => meaning,
        _ => Meaning::Refused,
    }
}

/// Whether `word` stands in `text`, with nothing of another word around it.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |character: Option<char>| {
        character.is_some_and(|character| character.is_alphanumeric() || character == '_')
    };
    text.match_indices(word).any(|(start, _)| {
        !is_part(text[..start].chars().next_back())
            && !is_part(text[start + word.len()..].chars().next())
    })
}

/// The part of `text` that `wording` matches.
fn matching<'a>(text: &'a str, wording: &str) -> Option<&'a str> {
    let Some((head, tail)) = wording.split_once('*') else {
        let start = text.find(wording)?;
        return Some(&text[start..start + wording.len()]);
    };
    text.match_indices(head).find_map(|(start, _)| {
        let after = &text[start + head.len()..];
        let word = after.find(|character: char| character.is_whitespace())?;
        let end = start + head.len() + word + tail.len();
        (word > 0 && after[word..].starts_with(tail)).then(|| &text[start..end])
    })
}

fn holds(record: &[u8], words: &str) -> bool {
    String::from_utf8_lossy(record)
        .to_lowercase()
        .contains(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(message: &str) -> Meaning {
        meaning(None, message, br#"{"email":"a@b.test"}"#)
    }

    #[test]
    fn the_crms_own_rate_limits_are_recognised() {
        for message in [
            "You have reached your ten_secondly_rolling limit.",
            "HubSpot: You have reached your daily limit.",
            r#"429 {"status":"error","errorType":"RATE_LIMIT","policyName":"SECONDLY"}"#,
            "REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.",
            "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
            "request over limit",
            "TOO_MANY_REQUESTS",
            "429 Too Many Requests",
        ] {
            assert_eq!(said(message), Meaning::RateLimit, "{message}");
        }
        assert_eq!(
            meaning(Some("REQUEST_LIMIT_EXCEEDED"), "no", b"{}"),
            Meaning::RateLimit
        );
    }

    #[test]
    fn anything_else_is_a_refusal() {
        for message in [
            "Email address a@b.test is invalid",
            "You have reached your limit of 5 custom fields",
            "Property \"RATE_LIMIT_PER_DAY\" does not exist",
            "STORAGE_LIMIT_EXCEEDED: storage limit exceeded",
            "LIMIT_EXCEEDED: more than 100 records in one call",
            "feature_capping_deals_limit",
            "",
        ] {
            assert_eq!(said(message), Meaning::Refused, "{message}");
        }
    }

    #[test]
    fn the_records_own_words_say_nothing_of_the_crm() {
        let record =
            br#"{"email":"a@b.test","company":"Too Many Requests Ltd","note":"RATE_LIMIT"}"#;
        for message in [
            "\"Too Many Requests Ltd\" is not a valid option",
            "RATE_LIMIT is not a valid note",
        ] {
            assert_eq!(
                meaning(None, message, record),
                Meaning::Refused,
                "{message}"
            );
        }
    }

    #[test]
    fn a_member_that_is_there_is_told_from_one_that_is_refused() {
        for message in [
            "Already a campaign member.",
            "DUPLICATE_VALUE: Already a campaign member.",
        ] {
            assert_eq!(said(message), Meaning::AlreadyMember, "{message}");
        }
        assert_eq!(said("invalid cross reference id"), Meaning::Refused);
    }

    #[test]
    fn a_locked_record_may_be_sent_again() {
        assert_eq!(
            said("UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to this record"),
            Meaning::Temporary
        );
    }
}
