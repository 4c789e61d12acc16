//! Profiles of the AWS command line: keys, region and endpoint in files of the home directory.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use anyhow::bail;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};

/// What of a profile is taken over, and what it is for the store.
const KEYS: [(&str, AmazonS3ConfigKey); 5] = [
    ("aws_access_key_id", AmazonS3ConfigKey::AccessKeyId),
    ("aws_secret_access_key", AmazonS3ConfigKey::SecretAccessKey),
    ("aws_session_token", AmazonS3ConfigKey::Token),
    ("region", AmazonS3ConfigKey::Region),
    ("endpoint_url", AmazonS3ConfigKey::Endpoint),
];

/// Adds what a profile says and the environment does not: that of `AWS_PROFILE`, or the default
/// one. Keys of the environment leave no room for those of a profile.
///
/// # Errors
/// When a profile was asked for that has no keys.
pub(super) fn add(mut builder: AmazonS3Builder) -> anyhow::Result<AmazonS3Builder> {
    let asked = env::var("AWS_PROFILE").ok();
    let name = asked.as_deref().unwrap_or("default");
    let credentials = read("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    let config = read("AWS_CONFIG_FILE", "config");
    let found = settings(name, &credentials, &config);
    let own = builder.get_config_value(&AmazonS3ConfigKey::AccessKeyId);
    let has_own = own.is_some_and(|key| !key.is_empty());
    if asked.is_some() && !has_own && !found.contains_key("aws_access_key_id") {
        bail!(
            "profile `{name}` of AWS_PROFILE has no keys: `aws configure export-credentials --format \
             env` gives those of a login or a role"
        );
    }
    for (key, config) in KEYS {
        let is_key = key.starts_with("aws_");
        let is_told = builder.get_config_value(&config).is_some()
            || key == "region" && env::var_os("AWS_DEFAULT_REGION").is_some()
            || key == "endpoint_url" && env::var_os("AWS_ENDPOINT_URL_S3").is_some();
        if let Some(value) = found.get(key).filter(|_| if is_key { !has_own } else { !is_told }) {
            builder = builder.with_config(config, value);
        }
    }
    Ok(builder)
}

/// A file that a variable names, or one of `~/.aws`; "" where there is none.
fn read(variable: &str, name: &str) -> String {
    let home = || env::home_dir().map(|home| home.join(".aws").join(name));
    let path = env::var_os(variable).map(PathBuf::from).or_else(home);
    path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default()
}

/// The settings of a profile; those of `credentials` go before those of `config`.
fn settings(name: &str, credentials: &str, config: &str) -> BTreeMap<String, String> {
    let mut found = section(config, &[&format!("profile {name}"), name]);
    found.extend(section(credentials, &[name]));
    found
}

/// The settings below the headings `[name]`, for each of the names.
fn section(text: &str, names: &[&str]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut inside = false;
    for line in text.lines() {
        let heading = line.trim().strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        if let Some(heading) = heading {
            inside = names.contains(&heading.trim());
        } else if let Some((key, value)) = line.split_once('=')
            && inside
            && !line.starts_with([' ', '\t', '#', ';'])
        {
            found.insert(key.trim().to_owned(), value.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_put_together_of_both_files() {
        let credentials = "[default]\naws_access_key_id = a\n# note\n[work]\naws_access_key_id=b\n\
                           aws_secret_access_key = c=d\n";
        let config = "[default]\nregion = r1\n[profile work]\nregion = r2\n\
                      s3 =\n  endpoint_url = nested\naws_access_key_id = older\n";
        let told = |name| {
            let found = settings(name, credentials, config);
            KEYS.map(|(key, _)| found.get(key).cloned().unwrap_or_default())
        };
        assert_eq!(told("default"), ["a", "", "", "r1", ""]);
        assert_eq!(told("work"), ["b", "c=d", "", "r2", ""]);
        assert_eq!(told("none"), ["", "", "", "", ""]);
    }
}
