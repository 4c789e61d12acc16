//! The client of a bucket: which product a URL names, how it is reached, and with what credentials.
//!
//! Credentials are those that `object_store` finds in the environment, in web identities and in the
//! metadata of an instance or container; for S3 the profiles of the AWS command line besides.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{BackoffConfig, Certificate, ClientOptions, ObjectStore, RetryConfig};

use super::profile;
use crate::input::http::Access;

/// How often a request is made anew that failed for a reason that may pass, each time after a
/// longer pause.
const RETRIES: usize = 8;

/// How long one tries to connect.
const CONNECT: Duration = Duration::from_secs(5);

/// A bucket, and the folder of it that is meant.
pub(super) struct Store {
    pub(super) client: Arc<dyn ObjectStore>,
    /// Its URL, before the paths of objects.
    pub(super) root: String,
    pub(super) prefix: Path,
}

/// The store that a URL names.
///
/// # Errors
/// When it names none, or its credentials cannot be read.
pub(super) fn open(url: &str, access: &Access) -> anyhow::Result<Store> {
    // Another part of the process may have named ring before: it is the one that is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (scheme, rest) = url.split_once("://").context("this is no URL")?;
    let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
    if (scheme == "file") != bucket.is_empty() {
        bail!("name a bucket as in `s3://BUCKET/PREFIX`, a directory as in `file:///DIRECTORY`");
    }
    if bucket.contains(':') {
        bail!("credentials do not belong in a URL: put them into the environment");
    }
    let prefix = Path::parse(path).context("its prefix is none that an object can have")?;
    let options = client_options(access)?;
    let client: Arc<dyn ObjectStore> = match scheme {
        "s3" | "s3a" => {
            let builder = profile::add(AmazonS3Builder::from_env())?;
            Arc::new(
                builder.with_url(url).with_client_options(options).with_retry(retries()).build()?,
            )
        }
        "gs" => {
            let builder = GoogleCloudStorageBuilder::from_env().with_url(url);
            Arc::new(builder.with_client_options(options).with_retry(retries()).build()?)
        }
        "az" | "azure" | "abfs" | "abfss" => {
            let builder = MicrosoftAzureBuilder::from_env().with_url(url);
            Arc::new(builder.with_client_options(options).with_retry(retries()).build()?)
        }
        _ => Arc::new(LocalFileSystem::new()),
    };
    Ok(Store { client, root: format!("{scheme}://{bucket}"), prefix })
}

fn client_options(access: &Access) -> anyhow::Result<ClientOptions> {
    // Without TLS it is reached where the user's own endpoint says so.
    let mut options = ClientOptions::new()
        .with_timeout(Duration::from_secs(access.timeout))
        .with_connect_timeout(CONNECT)
        .with_allow_http(true)
        .with_allow_invalid_certificates(access.insecure_skip_verify);
    if let Some(path) = &access.ca_file {
        let pem =
            std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        for certificate in Certificate::from_pem_bundle(&pem)? {
            options = options.with_root_certificate(certificate);
        }
    }
    Ok(options)
}

fn retries() -> RetryConfig {
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(10),
        base: 2.0,
    };
    RetryConfig { backoff, max_retries: RETRIES, retry_timeout: Duration::from_mins(3) }
}
