//! What the packages ask of fields, which they hand over as JSON text.

use super::reply::Reply;
use crate::error::Result;
use crate::names::nearest;
use crate::reads::{Fields, json_schema};

/// Fields that were kept as JSON, in the one form that the packages read.
pub fn read_fields(text: &str) -> Reply {
    Reply::of(&Fields::from_json(text))
}

/// The JSON Schema of fields.
pub fn fields_schema(fields: &str, additional_properties: bool) -> Reply {
    let schema =
        Fields::from_json(fields).map(|fields| json_schema(&fields, additional_properties));
    Reply::of(&schema)
}

/// Where the names of a table belong.
pub fn suggest_fields(fields: &str, names: &[String]) -> Reply {
    let suggest = || -> Result<_> { Fields::from_json(fields)?.suggest(names) };
    Reply::of(&suggest())
}

/// The known name that is most like `name`.
pub fn nearest_name(name: &str, known: &[String]) -> Option<String> {
    nearest(name, known.iter().map(String::as_str)).map(str::to_owned)
}
