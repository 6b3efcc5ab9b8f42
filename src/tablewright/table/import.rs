//! Items that a new table begins with: `ImportSourceSpecification`.
//!
//! CloudFormation reads it when it makes the table, and never again; but to add, change or remove it later would replace
//! the table, so it stays in the definition for the table's life.

use serde::Serialize;

use crate::table::settings::words;
use crate::value::{Value, from_expression};

/// Items in a bucket that a new table begins with.
///
/// ```
/// use tablewright::{Compression, Csv, Delimiter, S3Import};
///
/// let exported = S3Import::dynamodb_json("seed-bucket").prefix("events/").compression(Compression::Gzip);
/// let from_a_sheet = S3Import::csv("seed-bucket", Csv::new().delimiter(Delimiter::Semicolon).headers(["id", "name"]))
///     .owner("444455556666");
/// assert_eq!(exported.prefix, Some("events/".into()));
/// assert_eq!(from_a_sheet.owner, Some("444455556666".into()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct S3Import {
    /// `S3Bucket`
    pub bucket: Value<String>,
    /// `S3BucketOwner`: the account of the bucket, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Value<String>>,
    /// `S3KeyPrefix`: what the keys of the objects begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Value<String>>,
    /// `InputFormat` with its options.
    pub format: ImportFormat,
    /// `InputCompressionType`; `None` leaves DynamoDB's own, none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<Value<Compression>>,
}

/// `InputFormat`
///
/// ```
/// use tablewright::{Csv, ImportFormat, S3Import};
///
/// assert_eq!(S3Import::ion("seed-bucket").format, ImportFormat::Ion);
/// assert_eq!(S3Import::csv("seed-bucket", Csv::new()).format, ImportFormat::Csv(Csv::new()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum ImportFormat {
    /// `CSV`: every attribute but the keys becomes a String.
    Csv(Csv),
    /// `DYNAMODB_JSON`: an item a line, what an export writes.
    DynamodbJson,
    /// `ION`: what an export writes in Amazon Ion.
    Ion,
}

/// `InputFormatOptions.Csv`
///
/// ```
/// use tablewright::{Csv, Delimiter};
///
/// assert!(Csv::new().headers.is_empty(), "the first line names the columns");
/// let sheet = Csv::new().delimiter(Delimiter::Semicolon).headers(["id", "name"]);
/// assert_eq!(sheet.headers, ["id".into(), "name".into()]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Csv {
    /// `Delimiter`; `None` leaves DynamoDB's own, a comma.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Value<Delimiter>>,
    /// `HeaderList`: names of the columns; empty takes them from the first line of each object.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Value<String>>,
}

words! {
    /// `Delimiter` of CSV.
    ///
    /// ```
    /// use tablewright::{Csv, Delimiter};
    ///
    /// assert_eq!(Delimiter::Tab.as_str(), "\t");
    /// assert_eq!(Csv::new().delimiter(Delimiter::Tab).delimiter, Some(Delimiter::Tab.into()));
    /// ```
    pub enum Delimiter {
        /// `,`
        Comma = ",",
        /// `;`
        Semicolon = ";",
        /// `:`
        Colon = ":",
        /// `|`
        Pipe = "|",
        /// A tab.
        Tab = "\t",
        /// A space.
        Space = " ",
    }
}

words! {
    /// `InputCompressionType`
    ///
    /// ```
    /// use tablewright::{Compression, S3Import};
    ///
    /// let import = S3Import::dynamodb_json("seed-bucket").compression(Compression::Zstd);
    /// assert_eq!(import.compression, Some(Compression::Zstd.into()));
    /// assert_eq!(Compression::Zstd.as_str(), "ZSTD");
    /// ```
    pub enum Compression {
        /// Not compressed.
        None = "NONE",
        /// gzip
        Gzip = "GZIP",
        /// Zstandard
        Zstd = "ZSTD",
    }
}

impl S3Import {
    /// Items as an export in DynamoDB's JSON writes them.
    ///
    /// See [`S3Import`].
    #[must_use]
    pub fn dynamodb_json(bucket: impl Into<Value<String>>) -> Self {
        Self::new(bucket, ImportFormat::DynamodbJson)
    }

    /// Items as an export in Amazon Ion writes them.
    ///
    /// See [`ImportFormat`].
    #[must_use]
    pub fn ion(bucket: impl Into<Value<String>>) -> Self {
        Self::new(bucket, ImportFormat::Ion)
    }

    /// Items as lines of CSV.
    ///
    /// See [`S3Import`].
    #[must_use]
    pub fn csv(bucket: impl Into<Value<String>>, options: Csv) -> Self {
        Self::new(bucket, ImportFormat::Csv(options))
    }

    fn new(bucket: impl Into<Value<String>>, format: ImportFormat) -> Self {
        Self { bucket: bucket.into(), owner: None, prefix: None, format, compression: None }
    }

    /// Sets the account of the bucket.
    ///
    /// See [`S3Import`].
    #[must_use]
    pub fn owner(mut self, account: impl Into<Value<String>>) -> Self {
        self.owner = Some(account.into());
        self
    }

    /// Sets what the keys of the objects begin with.
    ///
    /// See [`S3Import`].
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<Value<String>>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Sets how the objects are compressed.
    ///
    /// See [`Compression`].
    #[must_use]
    pub fn compression(mut self, compression: impl Into<Value<Compression>>) -> Self {
        self.compression = Some(compression.into());
        self
    }
}

impl Csv {
    /// Makes DynamoDB's own options: commas, and the names of the columns in the first line.
    ///
    /// See [`Csv`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what stands between two columns.
    ///
    /// See [`Delimiter`].
    #[must_use]
    pub fn delimiter(mut self, delimiter: impl Into<Value<Delimiter>>) -> Self {
        self.delimiter = Some(delimiter.into());
        self
    }

    /// Sets the names of the columns; the first line is then an item too.
    ///
    /// See [`Csv`].
    #[must_use]
    pub fn headers<H: Into<Value<String>>>(mut self, names: impl IntoIterator<Item = H>) -> Self {
        self.headers = names.into_iter().map(Into::into).collect();
        self
    }
}
