//! What a source on the command line means.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// What a source holds, when the user says so; otherwise it is recognised by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Points in `InfluxDB`'s line protocol, as Telegraf shows them to Prometheus; never recognised.
    Influx,
    /// A page in the protobuf format; recognised as a scrape, too.
    Protobuf,
    /// An exposition: the text format, `OpenMetrics` or protobuf.
    Scrape,
    /// An answer of `/api/v1/status/tsdb`.
    Status,
    /// A TSDB block, or a directory of them.
    Block,
    /// A configuration whose targets are to be scraped.
    Fleet,
    /// A live server, by the base of its API.
    Server,
    /// A server's head: a data directory, its `wal`, or one segment of that.
    Wal,
    /// A census that `census --save` wrote.
    Saved,
}

/// One place to read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `-`
    Stdin,
    /// `http://…` or `https://…`
    Url(String),
    /// A file.
    File(PathBuf),
    /// A directory: of scrapes or blocks.
    Directory(PathBuf),
    /// A bucket with blocks, or a folder of one: `s3://…`
    Bucket(String),
}

/// How the URLs of object storage start.
const BUCKETS: [&str; 8] =
    ["s3://", "s3a://", "gs://", "az://", "azure://", "abfs://", "abfss://", "file://"];

impl Source {
    /// What `spec` names: several files when it is a glob.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn resolve(spec: &str) -> anyhow::Result<Vec<Self>> {
        if spec == "-" {
            return Ok(vec![Self::Stdin]);
        }
        if spec.starts_with("http://") || spec.starts_with("https://") {
            return Ok(vec![Self::Url(spec.to_owned())]);
        }
        if BUCKETS.iter().any(|scheme| spec.starts_with(scheme)) {
            return Ok(vec![Self::Bucket(spec.to_owned())]);
        }
        let path = Path::new(spec);
        if path.is_dir() {
            return Ok(vec![Self::Directory(path.to_owned())]);
        }
        if path.exists() {
            return Ok(vec![Self::File(path.to_owned())]);
        }
        if !spec.contains(['*', '?', '[']) {
            bail!("`{spec}` does not exist");
        }
        let mut files: Vec<Self> = glob::glob(spec)
            .with_context(|| format!("`{spec}` is no glob"))?
            .filter_map(Result::ok)
            .map(|path| if path.is_dir() { Self::Directory(path) } else { Self::File(path) })
            .collect();
        if files.is_empty() {
            bail!("`{spec}` matches no file");
        }
        files.sort_by_key(Self::name);
        Ok(files)
    }

    /// The name that messages use. Passwords in a URL are left out.
    pub fn name(&self) -> String {
        match self {
            Self::Stdin => "<stdin>".to_owned(),
            Self::Url(url) | Self::Bucket(url) => super::http::shown(url),
            Self::File(path) | Self::Directory(path) => path.display().to_string(),
        }
    }
}
