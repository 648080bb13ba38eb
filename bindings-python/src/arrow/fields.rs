//! The types of columns. What Arrow has no name for, but has the layout of, is read as that.

use std::sync::Arc;

use arrow_array::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields};
use graph8_crm::{Error, Result};

/// The columns of a table.
pub(super) fn of_table(schema: &FFI_ArrowSchema) -> Result<Fields> {
    if schema.format() != "+s" {
        return Err(match DataType::try_from(schema) {
            Ok(other) => Error::config(format!(
                "the Arrow data is of the type {other}: pass a table or a record batch"
            )),
            Err(error) => super::no_table(&error),
        });
    }
    let fields = schema.children().map(|column| {
        field(column).map_err(|error| {
            Error::config(format!(
                "column '{}' is of a type that Arrow does not have ({error}): convert it, or leave it out of \
                 the table",
                column.name().unwrap_or_default()
            ))
        })
    });
    fields.collect()
}

/// A column, or what a column's values hold.
pub(super) fn field(schema: &FFI_ArrowSchema) -> std::result::Result<Field, ArrowError> {
    let data_type = data_type(schema)?;
    let name = schema.name().unwrap_or_default();
    Ok(Field::new(name, data_type, schema.nullable())
        .with_dict_is_ordered(schema.dictionary_ordered())
        .with_metadata(schema.metadata()?))
}

fn data_type(schema: &FFI_ArrowSchema) -> std::result::Result<DataType, ArrowError> {
    use DataType as T;
    if schema.dictionary().is_some() {
        return T::try_from(schema);
    }
    let item =
        || -> std::result::Result<FieldRef, ArrowError> { field(schema.child(0)).map(Arc::new) };
    Ok(match schema.format() {
        // polars' whole numbers of 128 bits lie as decimals without a fraction do.
        "_pli128" => T::Decimal128(38, 0),
        "+l" => T::List(item()?),
        "+L" => T::LargeList(item()?),
        "+vl" => T::ListView(item()?),
        "+vL" => T::LargeListView(item()?),
        "+s" => T::Struct(
            schema
                .children()
                .map(field)
                .collect::<std::result::Result<_, _>>()?,
        ),
        format => match format.strip_prefix("+w:").map(str::parse) {
            Some(Ok(size)) => T::FixedSizeList(item()?, size),
            _ => T::try_from(schema)?,
        },
    })
}
