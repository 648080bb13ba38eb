//! Tables of Arrow's JavaScript, made anew of the buffers of their columns.
//!
//! What JavaScript says of them is believed nowhere: each array is validated as a whole.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions, make_array, new_null_array};
use arrow_buffer::Buffer;
use arrow_data::ArrayData;
use arrow_data::transform::MutableArrayData;
use arrow_schema::{ArrowError, DataType, Field, Fields, IntervalUnit, Schema, TimeUnit};
use graph8_crm::Error;
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use serde::Deserialize;

/// A deeper type is no table's.
const DEEPEST: usize = 64;

/// Rows of a table.
#[napi(object, object_to_js = false)]
pub struct NativeTable {
    /// JSON text: the columns, and which buffers they have.
    pub layout: String,
    pub buffers: Vec<Uint8Array>,
}

/// Rows of a table, that are our own.
pub(crate) struct Table {
    layout: String,
    buffers: Vec<Buffer>,
}

#[derive(Deserialize)]
struct Layout {
    rows: usize,
    columns: Vec<Column>,
}

/// A column or a child of one.
#[derive(Deserialize)]
struct Column {
    name: String,
    #[serde(default)]
    metadata: HashMap<String, String>,
    #[serde(flatten)]
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    r#type: Type,
    length: usize,
    /// The buffer of the validity bits.
    nulls: Option<usize>,
    /// Bits before the first of them, and of a boolean's values.
    #[serde(default)]
    offset: usize,
    #[serde(default)]
    buffers: Vec<usize>,
    #[serde(default)]
    children: Vec<Column>,
    /// The parts of the dictionary.
    #[serde(default)]
    dictionary: Vec<Data>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Unit {
    S,
    Ms,
    Us,
    Ns,
}

/// A type whose children are those of its data.
#[derive(Deserialize)]
#[serde(tag = "is", rename_all = "camelCase")]
enum Type {
    Null,
    Bool,
    Int {
        bits: u8,
        signed: bool,
    },
    Float {
        bits: u8,
    },
    Decimal {
        bits: u16,
        precision: u8,
        scale: i8,
    },
    Utf8,
    LargeUtf8,
    Utf8View,
    Date {
        bits: u8,
    },
    Time {
        unit: Unit,
    },
    Timestamp {
        unit: Unit,
        timezone: Option<String>,
    },
    Duration {
        unit: Unit,
    },
    FixedSizeBinary {
        size: i32,
    },
    List,
    LargeList,
    FixedSizeList {
        size: i32,
    },
    Struct,
    Map {
        sorted: bool,
    },
    Dictionary,
    /// Types that do not travel; what they hold is not handed over.
    Binary,
    Interval,
    Union,
}

impl From<NativeTable> for Table {
    fn from(table: NativeTable) -> Self {
        Self {
            layout: table.layout,
            // Copied: JavaScript may write into its buffers meanwhile.
            buffers: table
                .buffers
                .iter()
                .map(|buffer| Buffer::from(buffer.as_ref()))
                .collect(),
        }
    }
}

impl Table {
    /// The rows as a batch.
    pub(crate) fn into_batch(self) -> Result<RecordBatch, Error> {
        self.batch().map_err(|error| {
            Error::unreadable(format!(
                "the records can't be read from their Arrow table: {error}"
            ))
        })
    }

    fn batch(&self) -> Result<RecordBatch, ArrowError> {
        let layout: Layout = serde_json::from_str(&self.layout).map_err(invalid)?;
        let mut fields = Vec::new();
        let mut columns = Vec::new();
        for column in &layout.columns {
            let data = self.array(&column.data, 0)?;
            fields.push(field(column, data.data_type().clone()));
            columns.push(make_array(data));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(layout.rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
    }

    fn array(&self, data: &Data, depth: usize) -> Result<ArrayData, ArrowError> {
        if depth > DEEPEST {
            return Err(invalid("its types are nested too deeply"));
        }
        let mut children = data
            .children
            .iter()
            .map(|child| self.array(&child.data, depth + 1))
            .collect::<Result<Vec<_>, _>>()?;
        let fields = data.children.iter().zip(&children);
        let mut fields: Fields = fields
            .map(|(child, made)| Arc::new(field(child, made.data_type().clone())))
            .collect();
        if matches!(data.r#type, Type::Map { .. }) {
            (children, fields) = entries(children, &fields)?;
        }
        let first = || {
            fields
                .first()
                .cloned()
                .ok_or_else(|| invalid("a list has no type"))
        };
        let kind = match &data.r#type {
            Type::Dictionary => return self.dictionary(data, depth),
            Type::Binary => return Ok(nothing(&DataType::Binary, data.length)),
            Type::Interval => {
                let kind = DataType::Interval(IntervalUnit::MonthDayNano);
                return Ok(nothing(&kind, data.length));
            }
            Type::Union => {
                let kind = DataType::Union(
                    arrow_schema::UnionFields::from_fields([Field::new("", DataType::Null, true)]),
                    arrow_schema::UnionMode::Sparse,
                );
                return Ok(nothing(&kind, data.length));
            }
            Type::List => DataType::List(first()?),
            Type::LargeList => DataType::LargeList(first()?),
            Type::FixedSizeList { size } => DataType::FixedSizeList(first()?, *size),
            Type::Map { sorted } => DataType::Map(first()?, *sorted),
            Type::Struct => DataType::Struct(fields),
            flat => flat_type(flat)?,
        };
        self.made(kind, data, children)
    }

    fn made(
        &self,
        kind: DataType,
        data: &Data,
        children: Vec<ArrayData>,
    ) -> Result<ArrayData, ArrowError> {
        let mut buffers = data
            .buffers
            .iter()
            .map(|place| self.buffer(*place))
            .collect::<Result<Vec<_>, _>>()?;
        if kind == DataType::Boolean
            && let [bits] = buffers.as_mut_slice()
        {
            *bits = own_bits(bits, data)?;
        }
        let nulls = match data.nulls {
            Some(place) if kind != DataType::Null => Some(own_bits(&self.buffer(place)?, data)?),
            _ => None,
        };
        let as_bytes = match kind {
            DataType::Utf8 => DataType::Binary,
            DataType::LargeUtf8 => DataType::LargeBinary,
            DataType::Utf8View => DataType::BinaryView,
            _ => kind.clone(),
        };
        let is_text = as_bytes != kind;
        let mut builder = ArrayData::builder(as_bytes)
            .len(data.length)
            .null_bit_buffer(nulls)
            .align_buffers(true);
        for buffer in buffers {
            builder = builder.add_buffer(buffer);
        }
        for child in children {
            builder = builder.add_child_data(child);
        }
        let made = builder.build()?;
        if !is_text {
            return Ok(made);
        }
        #[expect(
            unsafe_code,
            reason = "a text that is not UTF-8 fails its record, not the table"
        )]
        // SAFETY: the layout of a text is that of bytes, which was validated. That each is UTF-8 is checked by the
        // core where it writes it, from the bytes: nobody makes a `str` of it before.
        Ok(unsafe { made.into_builder().data_type(kind).build_unchecked() })
    }

    fn dictionary(&self, data: &Data, depth: usize) -> Result<ArrayData, ArrowError> {
        let [keys, values @ ..] = data.dictionary.as_slice() else {
            return Err(invalid("a dictionary has no keys"));
        };
        let key_type = flat_type(&keys.r#type)?;
        let parts = values
            .iter()
            .map(|part| self.array(part, depth + 1))
            .collect::<Result<Vec<_>, _>>()?;
        let Some(first) = parts.first() else {
            return Err(invalid("a dictionary has no values"));
        };
        if parts
            .iter()
            .any(|part| part.data_type() != first.data_type())
        {
            return Err(invalid("a dictionary has values of two types"));
        }
        let whole = if parts.len() == 1 {
            first.clone()
        } else {
            let len = parts.iter().map(ArrayData::len).sum();
            let mut whole = MutableArrayData::new(parts.iter().collect(), false, len);
            for (place, part) in parts.iter().enumerate() {
                whole.try_extend(place, 0, part.len())?;
            }
            whole.freeze()
        };
        let kind = DataType::Dictionary(Box::new(key_type), Box::new(whole.data_type().clone()));
        self.made(kind, keys, vec![whole])
    }

    fn buffer(&self, place: usize) -> Result<Buffer, ArrowError> {
        let buffer = self.buffers.get(place).cloned();
        buffer.ok_or_else(|| invalid("a buffer is missing"))
    }
}

/// The entries of a map, which are never null, as their keys are not.
fn entries(
    children: Vec<ArrayData>,
    fields: &Fields,
) -> Result<(Vec<ArrayData>, Fields), ArrowError> {
    let ([field], Ok([entries])) = (&**fields, <[ArrayData; 1]>::try_from(children)) else {
        return Err(invalid("a map has no entries"));
    };
    let members = match entries.data_type() {
        DataType::Struct(members) if members.len() == 2 => members,
        _ => return Err(invalid("a map has no keys and values")),
    };
    let key = members[0].as_ref().clone().with_nullable(false);
    let kind = DataType::Struct(vec![Arc::new(key), Arc::clone(&members[1])].into());
    let field = Field::new(field.name(), kind.clone(), false);
    let entries = entries.into_builder().data_type(kind).build()?;
    Ok((vec![entries], vec![field].into()))
}

/// The bits of the data's own rows.
fn own_bits(bits: &Buffer, data: &Data) -> Result<Buffer, ArrowError> {
    let end = data.offset.checked_add(data.length);
    if end.is_none_or(|end| end.div_ceil(8) > bits.len()) {
        return Err(invalid("a bitmap is too short"));
    }
    Ok(bits.bit_slice(data.offset, data.length))
}

fn nothing(kind: &DataType, length: usize) -> ArrayData {
    new_null_array(kind, length).to_data()
}

fn field(column: &Column, kind: DataType) -> Field {
    Field::new(&column.name, kind, true).with_metadata(column.metadata.clone())
}

fn flat_type(kind: &Type) -> Result<DataType, ArrowError> {
    Ok(match kind {
        Type::Null => DataType::Null,
        Type::Bool => DataType::Boolean,
        Type::Int { bits, signed } => match (bits, signed) {
            (8, true) => DataType::Int8,
            (16, true) => DataType::Int16,
            (32, true) => DataType::Int32,
            (64, true) => DataType::Int64,
            (8, false) => DataType::UInt8,
            (16, false) => DataType::UInt16,
            (32, false) => DataType::UInt32,
            (64, false) => DataType::UInt64,
            _ => return Err(invalid("an integer has an unknown width")),
        },
        Type::Float { bits: 16 } => DataType::Float16,
        Type::Float { bits: 32 } => DataType::Float32,
        Type::Float { .. } => DataType::Float64,
        Type::Decimal {
            bits,
            precision,
            scale,
        } => match bits {
            32 => DataType::Decimal32(*precision, *scale),
            64 => DataType::Decimal64(*precision, *scale),
            128 => DataType::Decimal128(*precision, *scale),
            256 => DataType::Decimal256(*precision, *scale),
            _ => return Err(invalid("a decimal has an unknown width")),
        },
        Type::Utf8 => DataType::Utf8,
        Type::LargeUtf8 => DataType::LargeUtf8,
        Type::Utf8View => DataType::Utf8View,
        Type::Date { bits: 32 } => DataType::Date32,
        Type::Date { .. } => DataType::Date64,
        Type::Time { unit } => match time_unit(*unit) {
            unit @ (TimeUnit::Second | TimeUnit::Millisecond) => DataType::Time32(unit),
            unit => DataType::Time64(unit),
        },
        Type::Timestamp { unit, timezone } => {
            DataType::Timestamp(time_unit(*unit), timezone.as_deref().map(Into::into))
        }
        Type::Duration { unit } => DataType::Duration(time_unit(*unit)),
        Type::FixedSizeBinary { size } => DataType::FixedSizeBinary(*size),
        _ => return Err(invalid("a type has no children")),
    })
}

fn time_unit(unit: Unit) -> TimeUnit {
    match unit {
        Unit::S => TimeUnit::Second,
        Unit::Ms => TimeUnit::Millisecond,
        Unit::Us => TimeUnit::Microsecond,
        Unit::Ns => TimeUnit::Nanosecond,
    }
}

fn invalid(what: impl ToString) -> ArrowError {
    ArrowError::InvalidArgumentError(what.to_string())
}
