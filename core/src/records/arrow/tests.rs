use std::sync::Arc;

use arrow_array::builder::{
    FixedSizeListBuilder, Float64Builder, Int32Builder, ListViewBuilder, MapBuilder, StringBuilder,
};
use arrow_array::types::{Float16Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::*;
use arrow_schema::{DataType, Field, IntervalUnit, Schema};

use super::*;
use crate::records::shape::RecordShape;

type Slots = Vec<std::result::Result<String, String>>;

fn read(batch: RecordBatch, shape: &RecordShape) -> Result<Slots> {
    let schema = batch.schema();
    let reader = RecordBatchIterator::new([Ok(batch)], schema);
    let mut source = ArrowRecords::new(reader, shape)?;
    let mut slots = Vec::new();
    while let Some(records) = source.next()? {
        slots.extend(records.into_chunk().records().map(|slot| match slot {
            Ok(json) => {
                serde_json::from_slice::<serde_json::Value>(json).unwrap();
                Ok(String::from_utf8(json.to_vec()).unwrap())
            }
            Err(message) => Err(message.to_owned()),
        }));
    }
    Ok(slots)
}

fn column_of(array: ArrayRef, metadata: Option<(&str, &str)>) -> RecordBatch {
    let mut field = Field::new("v", array.data_type().clone(), true);
    if let Some((key, value)) = metadata {
        field = field.with_metadata([(key.to_owned(), value.to_owned())]);
    }
    RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![array]).unwrap()
}

/// The JSON of each value of a column.
fn values(array: impl Array + 'static) -> Vec<String> {
    let slots = read(column_of(Arc::new(array), None), &RecordShape::default()).unwrap();
    slots
        .into_iter()
        .map(|slot| {
            let json = slot.unwrap();
            json.strip_prefix("{\"v\":")
                .unwrap()
                .strip_suffix('}')
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[test]
fn numbers_of_every_width_keep_their_digits() {
    assert_eq!(
        values(Int8Array::from(vec![Some(-128), None])),
        ["-128", "null"]
    );
    assert_eq!(values(Int16Array::from(vec![-32_768])), ["-32768"]);
    assert_eq!(values(Int32Array::from(vec![7])), ["7"]);
    assert_eq!(
        values(Int64Array::from(vec![i64::MIN])),
        [i64::MIN.to_string()]
    );
    assert_eq!(values(UInt8Array::from(vec![255])), ["255"]);
    assert_eq!(values(UInt16Array::from(vec![65_535])), ["65535"]);
    assert_eq!(values(UInt32Array::from(vec![u32::MAX])), ["4294967295"]);
    assert_eq!(
        values(UInt64Array::from(vec![u64::MAX])),
        [u64::MAX.to_string()]
    );
    let half = Float16Array::from_iter_values([<Float16Type as ArrowPrimitiveType>::Native::ONE]);
    assert_eq!(values(half), ["1"]);
    let tenth = <Float16Type as ArrowPrimitiveType>::Native::from_f32(0.1);
    assert_eq!(values(Float16Array::from_iter_values([tenth])), ["0.1"]);
    assert_eq!(values(Float32Array::from(vec![250.0, -0.0])), ["250", "0"]);
    assert_eq!(
        values(Float32Array::from(vec![0.1, f32::NAN])),
        ["0.1", "null"]
    );
    assert_eq!(
        values(Float64Array::from(vec![
            Some(0.1),
            Some(f64::INFINITY),
            None
        ])),
        ["0.1", "null", "null"]
    );
}

#[test]
fn decimals_keep_the_digits_of_their_scale() {
    let of = |numbers: Vec<i128>, scale| {
        Decimal128Array::from(numbers)
            .with_precision_and_scale(38, scale)
            .unwrap()
    };
    assert_eq!(values(of(vec![150, -5, 0], 2)), ["1.50", "-0.05", "0.00"]);
    assert_eq!(values(of(vec![12, 0], 0)), ["12", "0"]);
    assert_eq!(values(of(vec![-12, 0], -2)), ["-1200", "0"]);
    let small = Decimal32Array::from(vec![1])
        .with_precision_and_scale(9, 3)
        .unwrap();
    assert_eq!(values(small), ["0.001"]);
    let middle = Decimal64Array::from(vec![-1])
        .with_precision_and_scale(18, 1)
        .unwrap();
    assert_eq!(values(middle), ["-0.1"]);
    let wide = Decimal256Array::from(vec![types::Decimal256Type::default_value()]);
    assert_eq!(
        values(wide.with_precision_and_scale(76, 1).unwrap()),
        ["0.0"]
    );
}

#[test]
fn texts_flags_and_nothing() {
    let texts = vec![Some("a\"b"), None, Some("Zoë")];
    let wanted = ["\"a\\\"b\"", "null", "\"Zoë\""];
    assert_eq!(values(StringArray::from(texts.clone())), wanted);
    assert_eq!(values(LargeStringArray::from(texts.clone())), wanted);
    assert_eq!(values(StringViewArray::from(texts)), wanted);
    assert_eq!(
        values(BooleanArray::from(vec![Some(true), Some(false), None])),
        ["true", "false", "null"]
    );
    assert_eq!(values(NullArray::new(2)), ["null", "null"]);
}

#[test]
fn dates_times_moments_and_durations() {
    assert_eq!(values(Date32Array::from(vec![20_484])), ["\"2026-01-31\""]);
    assert_eq!(
        values(Date64Array::from(vec![20_484 * 86_400_000 + 5])),
        ["\"2026-01-31\""]
    );
    assert_eq!(
        values(Time32SecondArray::from(vec![36_000])),
        ["\"10:00:00\""]
    );
    assert_eq!(
        values(Time32MillisecondArray::from(vec![36_000_500])),
        ["\"10:00:00.500000\""]
    );
    assert_eq!(
        values(Time64MicrosecondArray::from(vec![1])),
        ["\"00:00:00.000001\""]
    );
    assert_eq!(
        values(Time64NanosecondArray::from(vec![1])),
        ["\"00:00:00.000000001\""]
    );
    let wanted = ["\"2026-01-31T10:00:00\""];
    let second = 20_484 * 86_400 + 36_000;
    assert_eq!(values(TimestampSecondArray::from(vec![second])), wanted);
    assert_eq!(
        values(TimestampMillisecondArray::from(vec![second * 1_000])),
        wanted
    );
    assert_eq!(
        values(TimestampMicrosecondArray::from(vec![second * 1_000_000])),
        wanted
    );
    assert_eq!(
        values(TimestampNanosecondArray::from(vec![second * 1_000_000_000])),
        wanted
    );
    let zoned = TimestampSecondArray::from(vec![second]).with_timezone("Europe/Berlin");
    assert_eq!(values(zoned), ["\"2026-01-31T10:00:00+00:00\""]);
    assert_eq!(values(DurationSecondArray::from(vec![-90])), ["-90"]);
    assert_eq!(values(DurationMillisecondArray::from(vec![1_500])), ["1.5"]);
    assert_eq!(
        values(DurationMicrosecondArray::from(vec![1])),
        ["0.000001"]
    );
    assert_eq!(
        values(DurationNanosecondArray::from(vec![i64::MIN])),
        ["-9223372036.854775808"]
    );
}

#[test]
fn what_is_beyond_the_calendar_fails_its_record_by_name() {
    let batch = column_of(Arc::new(Date32Array::from(vec![i32::MAX, 0])), None);
    let slots = read(batch, &RecordShape::default()).unwrap();
    assert!(
        slots[0]
            .as_ref()
            .unwrap_err()
            .starts_with("field 'v': is beyond the years")
    );
    assert_eq!(slots[1].as_deref(), Ok("{\"v\":\"1970-01-01\"}"));
}

#[test]
fn lists_of_every_layout() {
    let rows = vec![Some(vec![Some(1), None]), None, Some(vec![])];
    let wanted = ["[1,null]", "null", "[]"];
    assert_eq!(
        values(ListArray::from_iter_primitive::<Int32Type, _, _>(
            rows.clone()
        )),
        wanted
    );
    assert_eq!(
        values(LargeListArray::from_iter_primitive::<Int32Type, _, _>(rows)),
        wanted
    );
    let mut fixed = FixedSizeListBuilder::new(Float64Builder::new(), 2);
    fixed.values().append_slice(&[1.5, f64::NAN]);
    fixed.append(true);
    assert_eq!(values(fixed.finish()), ["[1.5,null]"]);
    let mut view = ListViewBuilder::new(Int32Builder::new());
    view.append_value([Some(3), Some(4)]);
    view.append_null();
    assert_eq!(values(view.finish()), ["[3,4]", "null"]);
    // A slice begins in the middle of its offsets.
    let whole = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![
        Some(vec![Some(1)]),
        Some(vec![Some(2), Some(3)]),
    ]);
    assert_eq!(values(whole.slice(1, 1)), ["[2,3]"]);
}

#[test]
fn structs_maps_dictionaries_and_runs() {
    let inner = StructArray::from(vec![
        (
            Arc::new(Field::new("a", DataType::Int32, true)),
            Arc::new(Int32Array::from(vec![Some(1), None])) as ArrayRef,
        ),
        (
            Arc::new(Field::new("b\"", DataType::Utf8, true)),
            Arc::new(StringArray::from(vec!["x", "y"])) as ArrayRef,
        ),
    ]);
    assert_eq!(
        values(inner),
        [r#"{"a":1,"b\"":"x"}"#, r#"{"a":null,"b\"":"y"}"#]
    );
    let mut map = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    map.keys().append_value("k");
    map.values().append_value(1);
    map.append(true).unwrap();
    map.append(false).unwrap();
    assert_eq!(values(map.finish()), [r#"{"k":1}"#, "null"]);
    let words: DictionaryArray<Int8Type> = vec![Some("x"), None, Some("x")].into_iter().collect();
    assert_eq!(values(words), ["\"x\"", "null", "\"x\""]);
    let runs: RunArray<Int16Type> = vec![Some("a"), Some("a"), None].into_iter().collect();
    assert_eq!(values(runs), ["\"a\"", "\"a\"", "null"]);
}

#[test]
fn a_uuid_is_text_and_other_binary_is_refused_by_its_column() {
    let bytes = FixedSizeBinaryArray::try_from_iter([[0x11_u8; 16]].into_iter()).unwrap();
    let extension = ("ARROW:extension:name", "arrow.uuid");
    let batch = column_of(Arc::new(bytes.clone()), Some(extension));
    let slots = read(batch, &RecordShape::default()).unwrap();
    assert_eq!(
        slots[0].as_deref(),
        Ok("{\"v\":\"11111111-1111-1111-1111-111111111111\"}")
    );
    let refused: [ArrayRef; 6] = [
        Arc::new(bytes),
        Arc::new(BinaryArray::from(vec![&b"x"[..]])),
        Arc::new(LargeBinaryArray::from(vec![&b"x"[..]])),
        Arc::new(BinaryViewArray::from(vec![&b"x"[..]])),
        Arc::new(new_null_array_of(DataType::Interval(
            IntervalUnit::YearMonth,
        ))),
        Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some([
            Some(1),
        ])])),
    ];
    for array in refused.into_iter().take(5) {
        let shown = array.data_type().to_string();
        let error = read(column_of(array, None), &RecordShape::default()).unwrap_err();
        assert!(
            error.to_string().contains("column 'v' is"),
            "{shown}: {error}"
        );
    }
}

fn new_null_array_of(data_type: DataType) -> IntervalYearMonthArray {
    assert_eq!(data_type, DataType::Interval(IntervalUnit::YearMonth));
    IntervalYearMonthArray::from(vec![1])
}

#[test]
fn columns_are_selected_renamed_and_checked() {
    let batch = || {
        let columns: Vec<(&str, ArrayRef)> = vec![
            (
                "Work Email",
                Arc::new(StringArray::from(vec![Some("a"), None])),
            ),
            ("x", Arc::new(Float64Array::from(vec![f64::NAN, 1.0]))),
            ("__index_level_0__", Arc::new(Int32Array::from(vec![3, 4]))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    };
    let renamed = |from: &str, to: &str| RecordShape {
        rename: [(from.to_owned(), to.to_owned())].into(),
        ..RecordShape::default()
    };
    let plain = read(batch(), &renamed("Work Email", "email")).unwrap();
    assert_eq!(plain[0].as_deref(), Ok(r#"{"email":"a","x":null}"#));
    let dropped = RecordShape {
        drop_nulls: true,
        columns: Some(vec!["Work Email".into()]),
        ..renamed("Work Email", "email")
    };
    assert_eq!(
        read(batch(), &dropped).unwrap(),
        [Ok(r#"{"email":"a"}"#.to_owned()), Ok("{}".to_owned())]
    );
    let strict = RecordShape {
        nan: Nan::Error,
        ..RecordShape::default()
    };
    let slots = read(batch(), &strict).unwrap();
    assert!(
        slots[0]
            .as_ref()
            .unwrap_err()
            .contains("field 'x': is no finite number")
    );
    assert!(slots[1].is_ok());
    for (shape, words) in [
        (
            renamed("nope", "y"),
            "there is no column 'nope': use 'Work Email', 'x'",
        ),
        (renamed("Work Email", "x"), "two of its fields would be 'x'"),
    ] {
        let error = read(batch(), &shape).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn text_that_is_not_utf8_fails_its_record() {
    let mut batch = column_of(Arc::new(StringArray::from(vec!["ok", "xy"])), None);
    let data = batch.remove_column(0).to_data();
    let mut bytes = data.buffers()[1].to_vec();
    bytes[3] = 0xff;
    let torn = data.into_builder().buffers(vec![
        StringArray::from(vec!["ok", "xy"]).to_data().buffers()[0].clone(),
        bytes.into(),
    ]);
    #[expect(
        unsafe_code,
        reason = "no safe way makes such an array, but other libraries do"
    )]
    // SAFETY: none: the text is not UTF-8. It is read as bytes only.
    let torn = unsafe { torn.build_unchecked() };
    let slots = read(column_of(make_array(torn), None), &RecordShape::default()).unwrap();
    assert_eq!(slots[0].as_deref(), Ok("{\"v\":\"ok\"}"));
    assert!(
        slots[1]
            .as_ref()
            .unwrap_err()
            .starts_with("field 'v': is not UTF-8")
    );
}

#[test]
fn a_dictionary_without_values_is_all_null() {
    let keys = Int8Array::from(vec![None, None]);
    let none: ArrayRef = Arc::new(StringArray::from(Vec::<&str>::new()));
    let dictionary = DictionaryArray::<Int8Type>::new(keys, none);
    assert_eq!(values(dictionary), ["null", "null"]);
}

#[test]
fn flags_of_a_byte_each_are_flags() {
    let flags: ArrayRef = Arc::new(Int8Array::from(vec![Some(1), Some(0), None, Some(-3)]));
    let extension = Some(("ARROW:extension:name", "arrow.bool8"));
    let slots = read(
        column_of(Arc::clone(&flags), extension),
        &RecordShape::default(),
    )
    .unwrap();
    let wanted = ["true", "false", "null", "true"].map(|flag| Ok(format!("{{\"v\":{flag}}}")));
    assert_eq!(slots, wanted);
    let field = Field::new("item", DataType::Int8, true)
        .with_metadata([("ARROW:extension:name".to_owned(), "arrow.bool8".to_owned())]);
    let list = ListArray::new(
        Arc::new(field),
        arrow_buffer::OffsetBuffer::from_lengths([4]),
        flags,
        None,
    );
    assert_eq!(values(list), ["[true,false,null,true]"]);
}

#[test]
fn a_row_that_is_null_as_a_whole_is_null() {
    let batch = column_of(Arc::new(Int32Array::from(vec![1, 2, 3])), None);
    let reader = RecordBatchIterator::new([Ok(batch.clone()), Ok(batch.clone())], batch.schema());
    let shape = RecordShape::default();
    let mut source = ArrowRecords::with_null_rows(reader, |_, row| row == 1, &shape).unwrap();
    for _ in 0..2 {
        let records = source.next().unwrap().unwrap().into_chunk();
        let slots: Vec<_> = records.records().map(std::result::Result::unwrap).collect();
        assert_eq!(slots, [&b"{\"v\":1}"[..], b"null", b"{\"v\":3}"]);
    }
    assert!(source.next().unwrap().is_none());
}

/// Lists, structs and maps that hold a number that is not finite.
fn holding_nan() -> Vec<ArrayRef> {
    let numbers = Float64Array::from(vec![1.0, f64::NAN]);
    let list = ListArray::from_iter_primitive::<types::Float64Type, _, _>([
        Some(vec![Some(1.0)]),
        Some(vec![Some(f64::NAN)]),
    ]);
    let field = Arc::new(Field::new("n", DataType::Float64, true));
    let whole = StructArray::from(vec![(field, Arc::new(numbers) as ArrayRef)]);
    let mut map = MapBuilder::new(None, StringBuilder::new(), Float64Builder::new());
    for number in [1.0, f64::INFINITY] {
        map.keys().append_value("k");
        map.values().append_value(number);
        map.append(true).unwrap();
    }
    vec![Arc::new(list), Arc::new(whole), Arc::new(map.finish())]
}

#[test]
fn numbers_within_lists_structs_and_maps_are_finite_where_others_must_be() {
    let shape = RecordShape {
        nan: Nan::Error,
        ..RecordShape::default()
    };
    let paths = ["v[0]", "v.n", "v[\"k\"]"];
    for (array, path) in holding_nan().into_iter().zip(paths) {
        let slots = read(column_of(Arc::clone(&array), None), &shape).unwrap();
        assert!(slots[0].is_ok());
        assert_eq!(
            slots[1],
            Err(format!(
                "field '{path}': is no finite number, and nan is \"error\""
            ))
        );
        let slots = read(column_of(array, None), &RecordShape::default()).unwrap();
        assert!(slots[1].as_ref().unwrap().contains("null"));
    }
}

#[test]
fn no_struct_and_no_map_has_a_name_twice() {
    let field = || Arc::new(Field::new("n", DataType::Int32, true));
    let numbers = || Arc::new(Int32Array::from(vec![1])) as ArrayRef;
    let twice = StructArray::from(vec![(field(), numbers()), (field(), numbers())]);
    let error = read(column_of(Arc::new(twice), None), &RecordShape::default()).unwrap_err();
    assert!(
        error.message().starts_with("column 'v' is of structs")
            && error.message().contains("two of its fields would be 'n'"),
        "{error}"
    );

    let mut map = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    for keys in [["a", "b"], ["a", "a"]] {
        for key in keys {
            map.keys().append_value(key);
            map.values().append_value(1);
        }
        map.append(true).unwrap();
    }
    let slots = read(
        column_of(Arc::new(map.finish()), None),
        &RecordShape::default(),
    )
    .unwrap();
    assert_eq!(slots[0].as_deref(), Ok(r#"{"v":{"a":1,"b":1}}"#));
    let message = slots[1].as_ref().unwrap_err();
    assert!(
        message.starts_with("field 'v': two of its fields would be 'a'"),
        "{message}"
    );

    let schema = Schema::new(vec![
        Field::new("n", DataType::Int32, true),
        Field::new("n", DataType::Int32, true),
    ]);
    let table = RecordBatch::try_new(Arc::new(schema), vec![numbers(), numbers()]).unwrap();
    let error = read(table, &RecordShape::default()).unwrap_err();
    assert!(error.message().contains("two of its fields would be 'n'"));
}
