//! Import of items from S3 when a table is created: `ImportSourceSpecification`.
//!
//! CloudFormation uses it only to create the table, but adding, changing or removing it later replaces the table. So it must be
//! kept in the definition.

use serde::Serialize;

use crate::table::settings::words;
use crate::value::{Value, from_expression};

/// Items in an S3 bucket that are imported when the table is created.
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
    /// `S3BucketOwner`: the account of the bucket, if it is not the account of the stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Value<String>>,
    /// `S3KeyPrefix`: common prefix of the keys of the objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Value<String>>,
    /// `InputFormat` with its options.
    pub format: ImportFormat,
    /// `InputCompressionType`; `None` for DynamoDB's default, uncompressed.
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
    /// `CSV`: all attributes other than keys are imported as strings.
    Csv(Csv),
    /// `DYNAMODB_JSON`: one item per line, the format of table exports.
    DynamodbJson,
    /// `ION`: Amazon Ion, a format of table exports.
    Ion,
}

/// `InputFormatOptions.Csv`
///
/// ```
/// use tablewright::{Csv, Delimiter};
///
/// assert!(Csv::new().headers.is_empty(), "column names are read from the first line");
/// let sheet = Csv::new().delimiter(Delimiter::Semicolon).headers(["id", "name"]);
/// assert_eq!(sheet.headers, ["id".into(), "name".into()]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Csv {
    /// `Delimiter`; `None` for DynamoDB's default, a comma.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Value<Delimiter>>,
    /// `HeaderList`: column names; if empty, they are read from the first line of each object.
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
    /// Creates an import of items in DynamoDB JSON.
    ///
    /// See [`S3Import`].
    #[must_use]
    pub fn dynamodb_json(bucket: impl Into<Value<String>>) -> Self {
        Self::new(bucket, ImportFormat::DynamodbJson)
    }

    /// Creates an import of items in Amazon Ion.
    ///
    /// See [`ImportFormat`].
    #[must_use]
    pub fn ion(bucket: impl Into<Value<String>>) -> Self {
        Self::new(bucket, ImportFormat::Ion)
    }

    /// Creates an import of items in CSV.
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

    /// Sets the common prefix of the keys of the objects.
    ///
    /// See [`S3Import`].
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<Value<String>>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Sets the compression of the objects.
    ///
    /// See [`Compression`].
    #[must_use]
    pub fn compression(mut self, compression: impl Into<Value<Compression>>) -> Self {
        self.compression = Some(compression.into());
        self
    }
}

impl Csv {
    /// Creates DynamoDB's default options: comma as delimiter, and column names in the first line.
    ///
    /// See [`Csv`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the delimiter of columns.
    ///
    /// See [`Delimiter`].
    #[must_use]
    pub fn delimiter(mut self, delimiter: impl Into<Value<Delimiter>>) -> Self {
        self.delimiter = Some(delimiter.into());
        self
    }

    /// Sets the column names; the first line is then read as an item.
    ///
    /// See [`Csv`].
    #[must_use]
    pub fn headers<H: Into<Value<String>>>(mut self, names: impl IntoIterator<Item = H>) -> Self {
        self.headers = names.into_iter().map(Into::into).collect();
        self
    }
}
