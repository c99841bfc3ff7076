use crate::log::{Format, Log, LogError, Reading};
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

/// A column of a file to be written: what is there, and for each row whether it is.
enum Values {
    Text(Vec<Option<&'static str>>),
    Long(Vec<Option<i64>>),
    Int(Vec<Option<i32>>),
}

/// Writes a file with these row groups.
fn file(schema: &str, compression: Compression, groups: Vec<Vec<Values>>) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(&format!("message log {{ {schema} }}")).unwrap());
    let properties = WriterProperties::builder().set_compression(compression);
    let mut bytes = Vec::new();
    let mut writer =
        SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties.build())).unwrap();
    for group in groups {
        let mut rows = writer.next_row_group().unwrap();
        for values in group {
            let mut column = rows.next_column().unwrap().unwrap();
            match values {
                Values::Text(values) => {
                    let (levels, values) =
                        parts(values.into_iter().map(|it| it.map(ByteArray::from)));
                    let typed = column.typed::<ByteArrayType>();
                    typed.write_batch(&values, Some(&levels), None).unwrap();
                }
                Values::Long(values) => {
                    let (levels, values) = parts(values.into_iter());
                    let typed = column.typed::<Int64Type>();
                    typed.write_batch(&values, Some(&levels), None).unwrap();
                }
                Values::Int(values) => {
                    let (levels, values) = parts(values.into_iter());
                    let typed = column.typed::<Int32Type>();
                    typed.write_batch(&values, Some(&levels), None).unwrap();
                }
            }
            column.close().unwrap();
        }
        rows.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

fn parts<T>(values: impl Iterator<Item = Option<T>> + Clone) -> (Vec<i16>, Vec<T>) {
    let levels = values.clone().map(|it| i16::from(it.is_some())).collect();
    (levels, values.flatten().collect())
}

const SCHEMA: &str = "optional byte_array id (STRING); optional int32 contract; optional byte_array recipient (STRING); \
    optional int64 sent_at (TIMESTAMP(MICROS,true)); optional int64 responded_at (TIMESTAMP(MILLIS,true)); \
    optional byte_array response (STRING); optional byte_array seen_at (STRING);";

fn groups() -> Vec<Vec<Values>> {
    let group = |ids: [&'static str; 2], sent: [i64; 2]| {
        vec![
            Values::Text(ids.map(Some).to_vec()),
            Values::Int(vec![Some(7), Some(8)]),
            Values::Text(vec![Some("bo"), Some("cy")]),
            Values::Long(sent.map(Some).to_vec()),
            Values::Long(vec![None, Some(1_420_300_800_500)]),
            Values::Text(vec![None, Some("accept")]),
            Values::Text(vec![Some("2015-01-04T00:00:00Z"), None]),
        ]
    };
    vec![
        group(["m1", "m2"], [1_420_189_200_250_000, 1_420_189_200_000_000]),
        group(["m3", "m4"], [1_420_189_300_000_000, 1_420_189_400_000_000]),
    ]
}

/// What [`groups`] says.
const CSV: &str = "id,contract,recipient,sent_at,responded_at,response,seen_at\n\
    m1,7,bo,2015-01-02T09:00:00.250Z,,,2015-01-04T00:00:00Z\n\
    m2,8,cy,1420189200,2015-01-03T16:00:00.500Z,accept,\n\
    m3,7,bo,1420189300,,,2015-01-04T00:00:00Z\n\
    m4,8,cy,1420189400,2015-01-03T16:00:00.500Z,accept,\n";

fn read(bytes: &[u8]) -> Result<Log, LogError> {
    Log::read(bytes, "log.parquet", Format::Parquet, &mut |_| {})
}

/// Tells of every message what a replay looks at.
fn told(log: &Log) -> Vec<String> {
    let histories = log.histories();
    let each = histories.flat_map(|history| {
        let name = history.name().to_owned();
        let messages = history.messages().iter();
        let told = messages.map(move |message| {
            let to = log.recipient_name(message.recipient());
            let (seen, answer) = (message.seen_at(), message.response());
            let at = (message.sent_at(), message.responded_at());
            format!("{name} to {to} {at:?} {seen:?} {answer:?}")
        });
        told.collect::<Vec<_>>()
    });
    each.collect()
}

#[test]
fn a_file_says_what_the_same_log_in_csv_says() {
    let csv = Log::read(CSV.as_bytes(), "log", Format::Csv, &mut |_| {}).unwrap();
    let ways = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
        Compression::GZIP(parquet::basic::GzipLevel::default()),
    ];
    for way in ways {
        let log = read(&file(SCHEMA, way, groups())).unwrap();
        assert_eq!(told(&log), told(&csv), "{way:?}");
    }
}

#[test]
fn a_bad_row_is_named_by_its_number_and_may_be_left_out() {
    let mut groups = groups();
    groups[1][3] = Values::Long(vec![
        Some(1_420_189_300_000_001),
        Some(1_420_189_400_000_000),
    ]);
    let bytes = file(SCHEMA, Compression::SNAPPY, groups);
    let error = read(&bytes).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "log.parquet:3: `sent_at` is `1420189300000001`, which is finer than a millisecond"
        ),
        "{error}"
    );
    let reading = Reading {
        skip_bad: 1,
        ..Reading::default()
    };
    let read = Log::read_as(&*bytes, "log", Format::Parquet, &reading, &mut |_| {}).unwrap();
    assert_eq!(read.log.messages(), 3);
    assert_eq!(read.skipped[0].line, 3);
}

#[test]
fn what_cannot_be_a_log_says_why() {
    let told = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
    assert!(told(b"id,seat\n").contains("cannot be read as Parquet"));
    let one = |schema: &str, values| told(&file(schema, Compression::UNCOMPRESSED, vec![values]));
    let text = || Values::Text(vec![Some("a")]);
    for (schema, values, says) in [
        (
            "optional byte_array seat (STRING); optional byte_array send_at (STRING);",
            vec![text(), text()],
            "there is no column `send_at`; did you mean `sent_at`?",
        ),
        (
            "optional byte_array seat (STRING); optional byte_array recipient (STRING);",
            vec![text(), text()],
            "it has no column `sent_at`",
        ),
    ] {
        let told = one(schema, values);
        assert!(told.contains(says), "{told}");
    }
}
