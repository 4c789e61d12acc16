//! The blocks of a bucket: its objects listed, and what describes the blocks read.

use std::io::Cursor;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};
use promsieve_core::ingest::index::Meta;

use super::fetch::Fetcher;
use super::listing::{Files, Listing};
use super::said::said;
use crate::input::blocks::Entry;
use crate::input::bytes;
use crate::stderr::warn;

/// Lists what lies below a prefix, or of that what belongs to tenants.
///
/// # Errors
/// When it cannot be listed.
pub(super) async fn list(
    client: &dyn ObjectStore,
    prefix: &Path,
    tenants: &[String],
) -> anyhow::Result<Listing> {
    let mut listing = Listing::default();
    let mut prefixes = vec![prefix.clone()];
    if !tenants.is_empty() {
        prefixes = tenants.iter().map(|tenant| prefix.clone().join(tenant.as_str())).collect();
        for folder in &prefixes {
            listing.add_tenant(folder.as_ref());
        }
    }
    for prefix in prefixes {
        let mut objects = client.list(Some(&prefix));
        while let Some(object) = objects.try_next().await.map_err(|error| said(&error))? {
            listing.add(object);
        }
    }
    Ok(listing)
}

/// Reads the bucket indexes; one that cannot be read is told, and the list of objects stands.
pub(super) async fn add_indexes(listing: &mut Listing, root: &str, fetcher: &Fetcher) {
    for (folder, object) in listing.indexes.clone() {
        let read = fetcher.whole(&object).await.and_then(|packed| {
            let text = bytes::unpack(Box::new(Cursor::new(packed)))?;
            bytes::read_whole(text, &format!("{root}/{}", object.location))
        });
        let added = read.and_then(|text| {
            listing.add_index(&folder, text.as_bytes()).map_err(anyhow::Error::msg)
        });
        if let Err(error) = added {
            warn(&format!("{root}/{}: {error:#}; all blocks there count", object.location));
        }
    }
}

/// What is known of each complete block, oldest first; one without index or `meta.json` is being
/// written or removed.
pub(super) async fn describe(
    listing: Listing,
    root: &str,
    fetcher: &Fetcher,
) -> Vec<(Entry, Files)> {
    let blocks = listing.blocks.iter();
    let mut complete: Vec<_> = blocks
        .filter_map(|(key, files)| Some((key, files, files.meta.as_ref()?, files.index.as_ref()?)))
        .collect();
    complete.sort_by_key(|((folder, ulid), ..)| (ulid, folder));
    let described = complete.into_iter().map(|(key, files, meta, _)| {
        let listing = &listing;
        async move {
            let (folder, ulid) = key;
            let slash = if folder.is_empty() { "" } else { "/" };
            let entry = Entry {
                name: format!("{root}/{folder}{slash}{ulid}"),
                ulid: ulid.clone(),
                tenant: listing.tenant(folder).map(str::to_owned),
                meta: read_meta(meta, fetcher).await,
                marked: listing.is_marked(key),
                version: version(files),
            };
            (entry, files.clone())
        }
    });
    stream::iter(described).buffered(fetcher.most).collect().await
}

async fn read_meta(object: &ObjectMeta, fetcher: &Fetcher) -> Result<Meta, String> {
    let bytes = fetcher.whole(object).await.map_err(|error| format!("{error:#}"))?;
    Meta::parse(&String::from_utf8_lossy(&bytes))
}

/// What the store says of the files, which changes with their content.
fn version(files: &Files) -> String {
    let of = |object: &Option<ObjectMeta>| {
        object.as_ref().map_or_else(String::new, |object| {
            let time = || object.last_modified.timestamp_millis().to_string();
            format!("{}-{}", object.size, object.e_tag.clone().unwrap_or_else(time))
        })
    };
    [&files.index, &files.tombstones, &files.meta].map(of).join(" ")
}
