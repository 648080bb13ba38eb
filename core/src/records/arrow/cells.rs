//! The values of one column, each written by its row.

use std::collections::HashSet;

use arrow_array::cast::AsArray;
use arrow_array::types::{self, ArrowPrimitiveType, ByteArrayType, RunEndIndexType};
use arrow_array::{
    Array, ArrayRef, BinaryViewArray, BooleanArray, FixedSizeBinaryArray, GenericByteArray,
    Int8Array, OffsetSizeTrait, PrimitiveArray,
};
use arrow_schema::{DataType, Field, TimeUnit};

use super::column::CellFault;
use super::moments::{Unit, write_date, write_moment, write_seconds, write_time};
use crate::records::json::{self, Float, MemberName, repeated_name};
use crate::records::shape::{Nan, both_become};

/// The message about a number that is not finite, where that is an error.
pub(super) const NOT_FINITE: &str = "is no finite number, and nan is \"error\"";

/// Deeper lists and structs are refused.
const MAX_DEPTH: usize = 64;

/// What a row has in a column. Of the latter two nothing was written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    Value,
    Null,
    /// A number that is not finite.
    Nan,
}

/// Why a value has no JSON, and where in its column it lies.
pub(super) struct Fault {
    message: String,
    path: String,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            path: String::new(),
        }
    }

    fn within(mut self, place: &str) -> Self {
        self.path.insert_str(0, place);
        self
    }

    pub(super) fn into_parts(self) -> CellFault {
        CellFault {
            path: self.path,
            message: self.message,
        }
    }

    pub(super) fn message(self, column: &str) -> String {
        format!("field '{column}{}': {}", self.path, self.message)
    }
}

pub(super) type Outcome = Result<Written, Fault>;

pub(super) trait Cells: Send {
    fn write(&self, row: usize, json: &mut Vec<u8>) -> Outcome;

    /// Writes the name too, and nothing behind it where nothing is the value.
    fn write_member(&self, key: &MemberName, row: usize, json: &mut Vec<u8>) -> Outcome {
        key.write(json);
        self.write(row, json)
    }
}

/// Whether values of the field have JSON; the message says why not.
pub(super) fn check(field: &Field) -> Result<(), String> {
    check_type(field, 0)
}

fn check_type(field: &Field, depth: usize) -> Result<(), String> {
    use DataType as T;
    if depth > MAX_DEPTH {
        return Err(format!(
            "is nested deeper than {MAX_DEPTH} levels: flatten it"
        ));
    }
    match field.data_type() {
        T::FixedSizeBinary(16) if is_uuid(field) => Ok(()),
        T::Binary | T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_) => Err(
            "is binary, which JSON does not have: decode it to text, or leave it out".to_owned(),
        ),
        T::Interval(_) | T::Union(..) => Err(format!(
            "is of the type {}, which has no JSON: convert it, or leave it out",
            field.data_type()
        )),
        T::List(item)
        | T::LargeList(item)
        | T::FixedSizeList(item, _)
        | T::ListView(item)
        | T::LargeListView(item) => check_type(item, depth + 1),
        T::RunEndEncoded(_, values) => check_type(values, depth + 1),
        T::Struct(fields) => {
            let mut names = HashSet::new();
            if let Some(twice) = fields.iter().find(|field| !names.insert(field.name())) {
                return Err(format!(
                    "is of structs, and of each {}",
                    both_become(twice.name())
                ));
            }
            fields
                .iter()
                .try_for_each(|field| check_type(field, depth + 1))
        }
        T::Dictionary(_, values) => {
            check_type(&Field::new(field.name(), *values.clone(), true), depth + 1)
        }
        T::Map(entries, _) => {
            let T::Struct(fields) = entries.data_type() else {
                return Err("is a map without entries".to_owned());
            };
            match fields.first().map(|keys| keys.data_type()) {
                Some(T::Utf8 | T::LargeUtf8 | T::Utf8View) => {}
                _ => return Err("is a map whose keys are not text: convert it".to_owned()),
            }
            fields
                .iter()
                .try_for_each(|field| check_type(field, depth + 1))
        }
        _ => Ok(()),
    }
}

fn is_uuid(field: &Field) -> bool {
    field.extension_type_name() == Some("arrow.uuid")
}

/// Whether the numbers stand for flags.
fn is_flag(field: &Field) -> bool {
    field.extension_type_name() == Some("arrow.bool8")
}

/// The values of `array`, which is of the type of `field`. What becomes of numbers that are not finite is the
/// caller's, but for those within others.
pub(super) fn cells(array: &ArrayRef, field: &Field, nan: Nan) -> Result<Box<dyn Cells>, String> {
    if let (true, Some(flags)) = (is_flag(field), array.as_primitive_opt::<types::Int8Type>()) {
        return Ok(Box::new(Flags(flags.clone())));
    }
    scalars(array, field.data_type()).map_or_else(|| nested(array, field, nan), Ok)
}

/// Values that hold no others.
#[expect(clippy::too_many_lines, reason = "a line a type")]
fn scalars(array: &ArrayRef, data_type: &DataType) -> Option<Box<dyn Cells>> {
    use DataType as T;
    macro_rules! number {
        ($type:ty) => {
            primitive::<$type>(array, |number, json| {
                json::write_int(json, number);
                Ok(Written::Value)
            })
        };
    }
    macro_rules! float {
        ($type:ty) => {
            primitive::<$type>(array, |number, json| {
                Ok(finite(json::write_float(json, number)))
            })
        };
    }
    macro_rules! decimal {
        ($type:ty, $scale:expr) => {{
            let scale = *$scale;
            primitive::<$type>(array, move |digits, json| {
                write_decimal(json, &digits.to_string(), scale);
                Ok(Written::Value)
            })
        }};
    }
    macro_rules! time {
        ($type:ty, $unit:expr) => {
            primitive::<$type>(array, |count, json| {
                quoted(json, |json| write_time(json, i64::from(count), $unit))
            })
        };
    }
    macro_rules! moment {
        ($type:ty, $unit:expr, $zone:expr) => {{
            // Arrow's counts are of UTC, whatever the zone.
            let offset = $zone.is_some().then_some(0);
            primitive::<$type>(array, move |count, json| {
                quoted(json, |json| write_moment(json, count, $unit, offset))
            })
        }};
    }
    macro_rules! duration {
        ($type:ty, $unit:expr) => {
            primitive::<$type>(array, |count, json| {
                write_seconds(json, count, $unit);
                Ok(Written::Value)
            })
        };
    }
    Some(match data_type {
        T::Null => Box::new(AllNull),
        T::Boolean => Box::new(array.as_boolean().clone()),
        T::Int8 => number!(types::Int8Type),
        T::Int16 => number!(types::Int16Type),
        T::Int32 => number!(types::Int32Type),
        T::Int64 => number!(types::Int64Type),
        T::UInt8 => number!(types::UInt8Type),
        T::UInt16 => number!(types::UInt16Type),
        T::UInt32 => number!(types::UInt32Type),
        T::UInt64 => number!(types::UInt64Type),
        T::Float16 => primitive::<types::Float16Type>(array, |number, json| {
            Ok(finite(json::write_float(
                json,
                Float::Half(number.to_f32()),
            )))
        }),
        T::Float32 => float!(types::Float32Type),
        T::Float64 => float!(types::Float64Type),
        T::Decimal32(_, scale) => decimal!(types::Decimal32Type, scale),
        T::Decimal64(_, scale) => decimal!(types::Decimal64Type, scale),
        T::Decimal128(_, scale) => decimal!(types::Decimal128Type, scale),
        T::Decimal256(_, scale) => decimal!(types::Decimal256Type, scale),
        T::Utf8 => Box::new(array.as_string::<i32>().clone()),
        T::LargeUtf8 => Box::new(array.as_string::<i64>().clone()),
        T::Utf8View => Box::new(array.as_string_view().clone().to_binary_view()),
        T::Date32 => primitive::<types::Date32Type>(array, |day, json| {
            quoted(json, |json| write_date(json, i64::from(day)))
        }),
        T::Date64 => primitive::<types::Date64Type>(array, |millis, json| {
            quoted(json, |json| write_date(json, millis.div_euclid(86_400_000)))
        }),
        T::Time32(TimeUnit::Second) => time!(types::Time32SecondType, Unit::SECOND),
        T::Time32(_) => time!(types::Time32MillisecondType, Unit::MILLISECOND),
        T::Time64(TimeUnit::Microsecond) => time!(types::Time64MicrosecondType, Unit::MICROSECOND),
        T::Time64(_) => time!(types::Time64NanosecondType, Unit::NANOSECOND),
        T::Timestamp(TimeUnit::Second, zone) => {
            moment!(types::TimestampSecondType, Unit::SECOND, zone)
        }
        T::Timestamp(TimeUnit::Millisecond, zone) => {
            moment!(types::TimestampMillisecondType, Unit::MILLISECOND, zone)
        }
        T::Timestamp(TimeUnit::Microsecond, zone) => {
            moment!(types::TimestampMicrosecondType, Unit::MICROSECOND, zone)
        }
        T::Timestamp(TimeUnit::Nanosecond, zone) => {
            moment!(types::TimestampNanosecondType, Unit::NANOSECOND, zone)
        }
        T::Duration(TimeUnit::Second) => duration!(types::DurationSecondType, Unit::SECOND),
        T::Duration(TimeUnit::Millisecond) => {
            duration!(types::DurationMillisecondType, Unit::MILLISECOND)
        }
        T::Duration(TimeUnit::Microsecond) => {
            duration!(types::DurationMicrosecondType, Unit::MICROSECOND)
        }
        T::Duration(TimeUnit::Nanosecond) => {
            duration!(types::DurationNanosecondType, Unit::NANOSECOND)
        }
        T::FixedSizeBinary(16) => Box::new(Uuids(array.as_fixed_size_binary().clone())),
        _ => return None,
    })
}

fn nested(array: &ArrayRef, field: &Field, nan: Nan) -> Result<Box<dyn Cells>, String> {
    use DataType as T;
    Ok(match field.data_type() {
        T::List(item) => lists_by_offsets::<i32>(array, item, nan)?,
        T::LargeList(item) => lists_by_offsets::<i64>(array, item, nan)?,
        T::FixedSizeList(item, _) => {
            let list = array.as_fixed_size_list().clone();
            let values = list.values().clone();
            lists(&values, item, nan, list.clone(), move |row| {
                let start = list.value_offset_at(row);
                (start, start + offset(list.value_length()))
            })?
        }
        T::ListView(item) => list_views::<i32>(array, item, nan)?,
        T::LargeListView(item) => list_views::<i64>(array, item, nan)?,
        T::Struct(fields) => {
            let whole = array.as_struct();
            let members = fields
                .iter()
                .zip(whole.columns())
                .map(|(field, column)| Member::new(field, column, nan))
                .collect::<Result<_, _>>()?;
            Box::new(Structs {
                array: array.clone(),
                members,
                nan,
            })
        }
        T::Map(entries, _) => {
            let map = array.as_map();
            let DataType::Struct(fields) = entries.data_type() else {
                return Err("a map without entries".to_owned());
            };
            let [keys, values] = &fields[..] else {
                return Err("a map without keys and values".to_owned());
            };
            Box::new(Maps {
                array: map.clone(),
                keys: cells(map.keys(), keys, nan)?,
                values: cells(map.values(), values, nan)?,
                nan,
            })
        }
        T::Dictionary(_, values) => {
            let dictionary = array.as_any_dictionary();
            let field = Field::new(field.name(), *values.clone(), true);
            let is_empty = dictionary.values().is_empty();
            Box::new(Dictionary {
                array: array.clone(),
                // Keys without values can't be had: all rows are null.
                keys: if is_empty {
                    Vec::new()
                } else {
                    dictionary.normalized_keys()
                },
                is_empty,
                values: cells(dictionary.values(), &field, nan)?,
            })
        }
        T::RunEndEncoded(ends, values) => match ends.data_type() {
            T::Int16 => runs::<types::Int16Type>(array, values, nan)?,
            T::Int32 => runs::<types::Int32Type>(array, values, nan)?,
            _ => runs::<types::Int64Type>(array, values, nan)?,
        },
        other => return Err(format!("{other} has no JSON")),
    })
}

fn finite(is_finite: bool) -> Written {
    if is_finite {
        Written::Value
    } else {
        Written::Nan
    }
}

fn offset(place: impl TryInto<usize>) -> usize {
    place.try_into().unwrap_or_default()
}

/// A text that `write` may find to be beyond the calendar.
pub(super) fn quoted(json: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> bool) -> Outcome {
    json.push(b'"');
    if !write(json) {
        return Err(Fault::new(
            "is beyond the years 1 to 9999, or no time of a day: correct it or leave it out",
        ));
    }
    json.push(b'"');
    Ok(Written::Value)
}

fn write_decimal(json: &mut Vec<u8>, digits: &str, scale: i8) {
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits), |digits| ("-", digits));
    json.extend_from_slice(sign.as_bytes());
    let fraction = usize::try_from(scale).unwrap_or_default();
    if fraction == 0 {
        json.extend_from_slice(digits.as_bytes());
        if digits != "0" {
            json.resize(json.len() + usize::from(scale.unsigned_abs()), b'0');
        }
        return;
    }
    let padded = format!("{digits:0>width$}", width = fraction + 1);
    let (whole, rest) = padded.split_at(padded.len() - fraction);
    json.extend_from_slice(whole.as_bytes());
    json.push(b'.');
    json.extend_from_slice(rest.as_bytes());
}

struct AllNull;

impl Cells for AllNull {
    fn write(&self, _: usize, _: &mut Vec<u8>) -> Outcome {
        Ok(Written::Null)
    }
}

impl Cells for BooleanArray {
    fn write(&self, row: usize, json: &mut Vec<u8>) -> Outcome {
        if self.is_null(row) {
            return Ok(Written::Null);
        }
        json.extend_from_slice(flag(self.value(row)));
        Ok(Written::Value)
    }
}

/// Flags of a byte each.
struct Flags(Int8Array);

impl Cells for Flags {
    fn write(&self, row: usize, json: &mut Vec<u8>) -> Outcome {
        if self.0.is_null(row) {
            return Ok(Written::Null);
        }
        json.extend_from_slice(flag(self.0.value(row) != 0));
        Ok(Written::Value)
    }
}

fn flag(is_true: bool) -> &'static [u8] {
    if is_true { b"true" } else { b"false" }
}

struct Primitives<T: ArrowPrimitiveType, W> {
    array: PrimitiveArray<T>,
    write: W,
}

fn primitive<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    write: impl Fn(T::Native, &mut Vec<u8>) -> Outcome + Send + 'static,
) -> Box<dyn Cells> {
    Box::new(Primitives {
        array: array.as_primitive::<T>().clone(),
        write,
    })
}

impl<T, W> Cells for Primitives<T, W>
where
    T: ArrowPrimitiveType,
    W: Fn(T::Native, &mut Vec<u8>) -> Outcome + Send,
{
    fn write(&self, row: usize, json: &mut Vec<u8>) -> Outcome {
        if self.array.is_null(row) {
            return Ok(Written::Null);
        }
        (self.write)(self.array.value(row), json)
    }
}

/// Text of a row, if it has one. The bytes are checked where they are written: who made the stream only promised
/// that they are UTF-8.
trait Texts {
    fn bytes(&self, row: usize) -> Option<&[u8]>;
}

impl<T: Texts + Send> Cells for T {
    fn write(&self, row: usize, json: &mut Vec<u8>) -> Outcome {
        match self.bytes(row) {
            None => Ok(Written::Null),
            Some(text) => written(json::write_utf8(json, text)),
        }
    }

    fn write_member(&self, key: &MemberName, row: usize, json: &mut Vec<u8>) -> Outcome {
        if let Some(text) = self.bytes(row) {
            return written(key.write_with_utf8(json, text));
        }
        key.write(json);
        Ok(Written::Null)
    }
}

#[inline]
fn written(is_utf8: bool) -> Outcome {
    if is_utf8 {
        return Ok(Written::Value);
    }
    Err(Fault::new(
        "is not UTF-8, though its column says so: correct the text",
    ))
}

impl<T: ByteArrayType<Native = str, Offset: TryInto<usize>>> Texts for GenericByteArray<T> {
    #[inline]
    fn bytes(&self, row: usize) -> Option<&[u8]> {
        if self.is_null(row) {
            return None;
        }
        let [start, end] = [row, row + 1].map(|row| offset(self.value_offsets()[row]));
        Some(self.value_data().get(start..end).unwrap_or_default())
    }
}

/// Of texts, which are no `str` before their bytes are checked.
impl Texts for BinaryViewArray {
    #[inline]
    fn bytes(&self, row: usize) -> Option<&[u8]> {
        (!self.is_null(row)).then(|| self.value(row))
    }
}

struct Uuids(FixedSizeBinaryArray);

impl Cells for Uuids {
    fn write(&self, row: usize, json: &mut Vec<u8>) -> Outcome {
        if self.0.is_null(row) {
            return Ok(Written::Null);
        }
        let id = uuid::Uuid::from_slice(self.0.value(row))
            .map_err(|error| Fault::new(error.to_string()))?;
        json::write_str(
            json,
            id.hyphenated()
                .encode_lower(&mut uuid::Uuid::encode_buffer()),
        );
        Ok(Written::Value)
    }
}

struct Lists<A, S> {
    array: A,
    span: S,
    items: Box<dyn Cells>,
    nan: Nan,
}

fn lists_by_offsets<O: OffsetSizeTrait>(
    array: &ArrayRef,
    item: &Field,
    nan: Nan,
) -> Result<Box<dyn Cells>, String> {
    let list = array.as_list::<O>().clone();
    let offsets = list.offsets().clone();
    let at = move |row: usize| offsets[row].to_usize().unwrap_or_default();
    let span = move |row| (at(row), at(row + 1));
    lists(list.values(), item, nan, list.clone(), span)
}

fn list_views<O: OffsetSizeTrait>(
    array: &ArrayRef,
    item: &Field,
    nan: Nan,
) -> Result<Box<dyn Cells>, String> {
    let list = array.as_list_view::<O>().clone();
    let (offsets, sizes) = (list.offsets().clone(), list.sizes().clone());
    let span = move |row: usize| {
        let start = offsets[row].to_usize().unwrap_or_default();
        (start, start + sizes[row].to_usize().unwrap_or_default())
    };
    lists(list.values(), item, nan, list.clone(), span)
}

fn lists<A: Array + 'static>(
    values: &ArrayRef,
    item: &Field,
    nan: Nan,
    array: A,
    span: impl Fn(usize) -> (usize, usize) + Send + 'static,
) -> Result<Box<dyn Cells>, String> {
    Ok(Box::new(Lists {
        array,
        span,
        items: cells(values, item, nan)?,
        nan,
    }))
}

impl<A: Array, S: Fn(usize) -> (usize, usize) + Send> Cells for Lists<A, S> {
    fn write(&self, row: usize, json: &mut Vec<u8>) -> Outcome {
        if self.array.is_null(row) {
            return Ok(Written::Null);
        }
        let (start, end) = (self.span)(row);
        json.push(b'[');
        for (position, item) in (start..end).enumerate() {
            if position > 0 {
                json.push(b',');
            }
            null_unless_written(self.items.write(item, json), self.nan, json)
                .map_err(|fault| fault.within(&format!("[{position}]")))?;
        }
        json.push(b']');
        Ok(Written::Value)
    }
}

/// Of a value within another: what is nothing is null there.
fn null_unless_written(outcome: Outcome, nan: Nan, json: &mut Vec<u8>) -> Result<(), Fault> {
    match outcome? {
        Written::Value => {}
        Written::Nan if nan == Nan::Error => return Err(Fault::new(NOT_FINITE)),
        Written::Null | Written::Nan => json.extend_from_slice(b"null"),
    }
    Ok(())
}

struct Member {
    name: String,
    key: MemberName,
    cells: Box<dyn Cells>,
}

impl Member {
    fn new(field: &Field, column: &ArrayRef, nan: Nan) -> Result<Self, String> {
        Ok(Self {
            name: field.name().clone(),
            key: MemberName::new(field.name()),
            cells: cells(column, field, nan)?,
        })
    }
}

struct Structs {
    array: ArrayRef,
    members: Vec<Member>,
    nan: Nan,
}

impl Cells for Structs {
    fn write(&self, row: usize, json: &mut Vec<u8>) -> Outcome {
        if self.array.is_null(row) {
            return Ok(Written::Null);
        }
        let start = json.len();
        for member in &self.members {
            let written = member.cells.write_member(&member.key, row, json);
            null_unless_written(written, self.nan, json)
                .map_err(|fault| fault.within(&format!(".{}", member.name)))?;
        }
        json::end_object(json, start);
        Ok(Written::Value)
    }
}

struct Maps {
    array: arrow_array::MapArray,
    keys: Box<dyn Cells>,
    values: Box<dyn Cells>,
    nan: Nan,
}

impl Cells for Maps {
    fn write(&self, row: usize, json: &mut Vec<u8>) -> Outcome {
        if self.array.is_null(row) {
            return Ok(Written::Null);
        }
        let [start, end] = [row, row + 1].map(|row| offset(self.array.value_offsets()[row]));
        let from = json.len();
        json.push(b'{');
        for entry in start..end {
            if entry > start {
                json.push(b',');
            }
            let key = json.len();
            if self.keys.write(entry, json)? != Written::Value {
                return Err(Fault::new("has a key that is null"));
            }
            let key_end = json.len();
            json.push(b':');
            null_unless_written(self.values.write(entry, json), self.nan, json).map_err(
                |fault| {
                    let key = String::from_utf8_lossy(&json[key..key_end]);
                    fault.within(&format!("[{key}]"))
                },
            )?;
        }
        json.push(b'}');
        match repeated_name(&json[from..]) {
            Some(name) => Err(Fault::new(both_become(&name))),
            None => Ok(Written::Value),
        }
    }
}

struct Dictionary {
    array: ArrayRef,
    keys: Vec<usize>,
    is_empty: bool,
    values: Box<dyn Cells>,
}

impl Cells for Dictionary {
    fn write(&self, row: usize, json: &mut Vec<u8>) -> Outcome {
        if self.is_empty || self.array.is_null(row) {
            return Ok(Written::Null);
        }
        self.values.write(self.keys[row], json)
    }
}

struct Runs<T: RunEndIndexType> {
    array: arrow_array::RunArray<T>,
    values: Box<dyn Cells>,
}

fn runs<T: RunEndIndexType>(
    array: &ArrayRef,
    values: &Field,
    nan: Nan,
) -> Result<Box<dyn Cells>, String> {
    let array = array.as_run::<T>().clone();
    Ok(Box::new(Runs {
        values: cells(array.values(), values, nan)?,
        array,
    }))
}

impl<T: RunEndIndexType> Cells for Runs<T> {
    fn write(&self, row: usize, json: &mut Vec<u8>) -> Outcome {
        self.values.write(self.array.get_physical_index(row), json)
    }
}
